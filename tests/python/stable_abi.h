/* What the compiled modules of the tests use of CPython's stable ABI: not every CPython has its headers
   installed. */

#include <stddef.h>

typedef struct object {
    ptrdiff_t reference_count;
    struct object *type;
} PyObject;
typedef PyObject *(*Function)(PyObject *, PyObject *);
typedef int (*Visit)(PyObject *, void *);
typedef struct {
    const char *name;
    Function function;
    int flags;
    const char *doc;
} PyMethodDef;
typedef struct {
    PyObject object;
    void *init;
    ptrdiff_t index;
    PyObject *copy;
    const char *name;
    const char *doc;
    ptrdiff_t size;
    PyMethodDef *methods;
    void *slots, *traverse, *clear, *free;
} PyModuleDef;
typedef struct {
    int slot;
    void *function;
} PyType_Slot;
typedef struct {
    const char *name;
    int basic_size, item_size;
    unsigned flags;
    PyType_Slot *slots;
} PyType_Spec;

typedef struct {
    const char *name;
    Function get;
    void *set;
    const char *doc;
    void *closure;
} PyGetSetDef;

enum { METH_VARARGS = 1, METH_NOARGS = 4, METH_O = 8, API_VERSION = 1013 };
enum { TPFLAGS_DEFAULT = 1 << 18, TPFLAGS_HAVE_GC = 1 << 14, TPFLAGS_BASETYPE = 1 << 10 };
enum { SLOT_CALL = 50, SLOT_CLEAR = 51, SLOT_DEALLOC = 52, SLOT_METHODS = 64, SLOT_NEW = 65 };
enum { SLOT_TRAVERSE = 71, SLOT_GETSET = 73 };

extern void Py_IncRef(PyObject *), Py_DecRef(PyObject *);
extern PyObject *Py_BuildValue(const char *, ...);
extern PyObject *PyTuple_GetItem(PyObject *, ptrdiff_t);
extern PyObject *PyType_FromSpec(PyType_Spec *);
extern PyObject *PyType_GenericAlloc(PyObject *, ptrdiff_t);
extern PyObject *PyModule_Create2(PyModuleDef *, int);
extern int PyModule_AddObject(PyObject *, const char *, PyObject *);
extern PyObject *PyBytes_FromStringAndSize(const char *, ptrdiff_t);
extern long PyLong_AsLong(PyObject *);
extern void *PyMem_Malloc(size_t);
extern void PyMem_Free(void *), PyObject_Free(void *);
extern void PyObject_GC_UnTrack(void *), PyObject_GC_Del(void *);
