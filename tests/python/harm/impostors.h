/* Static types as they lie in memory, and what those have that claim to be the interpreter's: code of the
   program, which nothing may run. */

#include "stable_abi.h"

/* A type as it lies in memory on 3.10 and later: what is not named here is 0. */
typedef struct {
    PyObject object;
    ptrdiff_t length;
    const char *name;
    ptrdiff_t basic_size, item_size;
    void *dealloc, *slots_after_dealloc[9], *call, *string, *get_attribute, *set_attribute, *buffers;
    unsigned long flags;
    const char *doc;
    void *traverse, *clear, *compare;
    ptrdiff_t weak_references;
    void *iterate, *next, *methods, *members, *getset, *base, *dict, *slots_after_dict[24];
} TypeObject;

extern TypeObject PyType_Type;
extern int PyType_Ready(TypeObject *);

/* What a debug build asks of a static type from 3.12 on: immortal, by the sign of the lower half. */
static const ptrdiff_t IMMORTAL = 3L << 30;

static long calls;

static PyObject *runs_code(PyObject *self, PyObject *nothing) {
    calls++;
    return Py_BuildValue("i", 1000000);
}

static PyObject *call_count(PyObject *module, PyObject *nothing) {
    return Py_BuildValue("l", calls);
}

static PyMethodDef impostor_methods[] = {{"__sizeof__", runs_code, METH_NOARGS, NULL},
                                         {"fileno", runs_code, METH_NOARGS, NULL},
                                         {"items", runs_code, METH_NOARGS, NULL},
                                         {"locked", runs_code, METH_NOARGS, NULL},
                                         {NULL, NULL, 0, NULL}};

/* The attributes of the interpreter's own types, and of numpy's, that only hand out what is there. */
#define GETTER(NAME) {NAME, runs_code, NULL, NULL, NULL}
static PyGetSetDef impostor_getset[] = {
    GETTER("_coro"), GETTER("_exception"), GETTER("_fut_waiter"), GETTER("_loop"),
    GETTER("_result"), GETTER("_source_traceback"), GETTER("_state"), GETTER("__cause__"),
    GETTER("__closure__"), GETTER("__code__"), GETTER("__context__"), GETTER("__defaults__"),
    GETTER("__dict__"), GETTER("__func__"), GETTER("__kwdefaults__"), GETTER("__name__"),
    GETTER("__qualname__"), GETTER("__self__"), GETTER("__traceback__"), GETTER("ag_await"),
    GETTER("ag_code"), GETTER("ag_frame"), GETTER("args"), GETTER("base"), GETTER("buffer"),
    GETTER("cell_contents"), GETTER("closed"), GETTER("co_consts"), GETTER("co_filename"),
    GETTER("co_freevars"), GETTER("co_names"), GETTER("cr_await"), GETTER("cr_code"),
    GETTER("cr_frame"), GETTER("dtype"), GETTER("f_code"), GETTER("f_globals"), GETTER("flags"),
    GETTER("flat"), GETTER("gi_code"), GETTER("gi_frame"), GETTER("gi_yieldfrom"),
    GETTER("itemsize"), GETTER("name"), GETTER("obj"), GETTER("raw"), GETTER("shape"),
    GETTER("tb_next"), {NULL, NULL, NULL, NULL, NULL}};
