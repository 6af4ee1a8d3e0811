/* Static types of a program's own compiled code that bear the names of the interpreter's and its
   library's, and some that are not ready. Whatever is asked of their instances counts.

   It declares what it uses of CPython itself: not every CPython has its headers installed. */

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
    const char *name;
    PyObject *(*get)(PyObject *, void *);
    void *set;
    const char *doc;
    void *closure;
} PyGetSetDef;
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

/* A type object is a row of words, public fields first: these are the numbers of some. */
typedef union {
    ptrdiff_t number;
    const void *pointer;
} Word;
typedef struct {
    PyObject object;
    Word words[80];
} Type;
enum {
    NAME = 3,
    BASIC_SIZE = 4,
    DEALLOC = 6,
    CALL = 16,
    GET_ATTRIBUTE = 18,
    FLAGS = 21,
    TRAVERSE = 23,
    ITERATE = 27,
    METHODS = 29,
    GETTERS = 31
};
#define WORD(type, n) ((type)->words[(n)-2])

enum { METH_NOARGS = 4, METH_O = 8, API_VERSION = 1013 };
enum { TPFLAGS_DEFAULT = 1 << 18, TPFLAGS_HAVE_GC = 1 << 14, TPFLAGS_BASETYPE = 1 << 10 };

extern Type PyType_Type;
extern PyObject PyBaseObject_Type;
extern void Py_IncRef(PyObject *), Py_DecRef(PyObject *);
extern PyObject *Py_BuildValue(const char *, ...);
extern PyObject *PyModule_Create2(PyModuleDef *, int);
extern PyObject *PyList_New(ptrdiff_t);
extern int PyList_Append(PyObject *, PyObject *);
extern int PyType_Ready(Type *);
extern PyObject *PyType_GenericAlloc(Type *, ptrdiff_t);
extern PyObject *PyObject_GenericGetAttr(PyObject *, PyObject *);
extern void PyObject_GC_UnTrack(void *), PyObject_GC_Del(void *);
extern PyObject *PyObject_Init(PyObject *, Type *);

static long asked;

typedef struct {
    PyObject object;
    PyObject *content;
    ptrdiff_t room[16];
} Instance;

static PyObject *getter(PyObject *object, void *closure) {
    asked++;
    return Py_BuildValue("");
}

static PyObject *method(PyObject *object, PyObject *nothing) {
    asked++;
    return Py_BuildValue("i", 1000);
}

static PyObject *call(PyObject *object, PyObject *arguments, PyObject *keywords) {
    asked++;
    return Py_BuildValue("");
}

static PyObject *iterate(PyObject *object) {
    asked++;
    return PyList_New(0);
}

static PyObject *get_attribute(PyObject *object, PyObject *name) {
    asked++;
    return PyObject_GenericGetAttr(object, name);
}

/* What was an object once: a broken traverse visits it. */
static PyObject dead = {0, &PyBaseObject_Type};

static int traverse(Instance *instance, Visit visit, void *argument) {
    int result = instance->content ? visit(instance->content, argument) : 0;
    return result ? result : visit(&dead, argument);
}

static void dealloc(Instance *instance) {
    PyObject_GC_UnTrack(instance);
    if (instance->content)
        Py_DecRef(instance->content);
    PyObject_GC_Del(instance);
}

#define GETTER(name) {name, getter, NULL, NULL, NULL}
static PyGetSetDef getters[] = {
    GETTER("_result"),      GETTER("_loop"),       GETTER("_exception"), GETTER("_coro"),
    GETTER("_state"),       GETTER("gi_code"),     GETTER("gi_frame"),   GETTER("cr_code"),
    GETTER("__code__"),     GETTER("__closure__"), GETTER("__self__"),   GETTER("__func__"),
    GETTER("__qualname__"), GETTER("__name__"),    GETTER("obj"),        GETTER("tb_next"),
    GETTER("cell_contents"), GETTER("args"),       GETTER("name"),       GETTER("closed"),
    GETTER("raw"),          GETTER("buffer"),      GETTER("itemsize"),   GETTER("base"),
    GETTER("dtype"),        GETTER("flags"),       GETTER("flat"),       GETTER("shape"),
    GETTER("f_code"),       GETTER("f_globals"),   GETTER("co_filename"), GETTER("co_names"),
    {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef methods[] = {{"__sizeof__", method, METH_NOARGS, NULL},
                                {"fileno", method, METH_NOARGS, NULL},
                                {"locked", method, METH_NOARGS, NULL},
                                {"items", method, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static const char *const names[] = {
    "function", "generator", "coroutine", "async_generator", "cell", "traceback", "memoryview",
    "builtin_function_or_method", "method", "code", "frame", "module", "mappingproxy", "set",
    "frozenset", "list", "tuple", "dict", "frozendict", "bytes", "bytearray", "int", "str", "type",
    "BaseException", "member_descriptor", "getset_descriptor", "method_descriptor", "hamt",
    "hamt_bitmap_node", "_asyncio.Future", "_asyncio.Task", "collections.deque",
    "collections.OrderedDict", "functools._lru_cache_wrapper", "functools._lru_list_elem",
    "_contextvars.ContextVar", "_contextvars.Context", "weakref.ReferenceType", "array.array",
    "_io.BytesIO", "_io.FileIO", "_io.BufferedReader", "_io.TextIOWrapper", "_pickle.Pickler",
    "_socket.socket", "_thread.lock", "_thread._ThreadHandle", "threading.Thread",
    "asyncio.futures.Future", "xml.etree.ElementTree.Element", "numpy.ndarray", "numpy.generic",
    "numpy.dtype", "types.SimpleNamespace", "Token.MISSING"};
enum { COUNT = sizeof names / sizeof *names };
static Type types[COUNT], unready, nameless;

static void fill(Type *type, const char *name) {
    /* Never freed, in all versions. */
    type->object.reference_count = (ptrdiff_t)3 << 30;
    type->object.type = (PyObject *)&PyType_Type;
    WORD(type, NAME).pointer = name;
    WORD(type, BASIC_SIZE).number = sizeof(Instance);
    WORD(type, FLAGS).number = TPFLAGS_DEFAULT;
}

/* One instance of each type, which holds an object. */
static PyObject *instances(PyObject *module, PyObject *content) {
    PyObject *made = PyList_New(0);
    for (int i = 0; i < COUNT; i++) {
        Instance *instance = (Instance *)PyType_GenericAlloc(&types[i], 0);
        Py_IncRef(content);
        instance->content = content;
        PyList_Append(made, (PyObject *)instance);
        Py_DecRef((PyObject *)instance);
    }
    return made;
}

/* Two types that are not ready, and an instance of one, which lives for good. */
static PyObject *unready_types(PyObject *module, PyObject *nothing) {
    static Instance instance;
    PyObject *made = PyList_New(0);
    PyList_Append(made, (PyObject *)&unready);
    PyList_Append(made, (PyObject *)&nameless);
    PyList_Append(made, PyObject_Init((PyObject *)&instance, &unready));
    return made;
}

static PyObject *times_asked(PyObject *module, PyObject *nothing) {
    return Py_BuildValue("l", asked);
}

static PyMethodDef functions[] = {{"instances", instances, METH_O, NULL},
                                  {"unready_types", unready_types, METH_NOARGS, NULL},
                                  {"times_asked", times_asked, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {
    {1, NULL}, NULL, 0, NULL, "borrowed_names", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyObject *PyInit_borrowed_names(void) {
    fill(&unready, "borrowed_names.Unready");
    fill(&nameless, NULL);
    for (int i = 0; i < COUNT; i++) {
        Type *type = &types[i];
        fill(type, names[i]);
        WORD(type, FLAGS).number |= TPFLAGS_HAVE_GC | TPFLAGS_BASETYPE;
        WORD(type, DEALLOC).pointer = (const void *)dealloc;
        WORD(type, TRAVERSE).pointer = (const void *)traverse;
        WORD(type, CALL).pointer = (const void *)call;
        WORD(type, GET_ATTRIBUTE).pointer = (const void *)get_attribute;
        WORD(type, ITERATE).pointer = (const void *)iterate;
        WORD(type, METHODS).pointer = methods;
        WORD(type, GETTERS).pointer = getters;
        if (PyType_Ready(type))
            return NULL;
    }
    return PyModule_Create2(&definition, API_VERSION);
}
