/* Compiled code that loses something in each way in which it can be called. */

#include <stdlib.h>

#include "stable_abi.h"

enum { REFERENCE, NEW_OBJECT, UNTRACKED_OBJECT, BLOCK, MEMORY, NOTHING };

static struct {
    long loss;
    PyObject *target;
} prepared;

static PyObject *item_type;
static void *volatile memory;

static void lose(void) {
    switch (prepared.loss) {
    case REFERENCE:
        Py_IncRef(prepared.target);
        break;
    case NEW_OBJECT:
        PyType_GenericAlloc(item_type, 0);
        break;
    case UNTRACKED_OBJECT:
        PyBytes_FromStringAndSize(NULL, 100);
        break;
    case BLOCK:
        PyMem_Malloc(100);
        break;
    case MEMORY:
        memory = malloc(100);
        break;
    default:
        /* What is taken is given back. */
        PyMem_Free(PyMem_Malloc(100));
        Py_IncRef(prepared.target);
        Py_DecRef(prepared.target);
    }
}

/* Says what is lost from now on; the target is not held. */
static PyObject *prepare(PyObject *module, PyObject *arguments) {
    prepared.loss = PyLong_AsLong(PyTuple_GetItem(arguments, 0));
    prepared.target = PyTuple_GetItem(arguments, 1);
    return Py_BuildValue("");
}

static PyObject *function(PyObject *module, PyObject *nothing) {
    lose();
    return Py_BuildValue("");
}

/* Raises an error when it has lost something. */
static PyObject *fail(PyObject *module, PyObject *nothing) {
    lose();
    PyLong_AsLong(Py_BuildValue(""));
    return NULL;
}

static PyObject *get(PyObject *thing, PyObject *closure) {
    lose();
    return Py_BuildValue("");
}

static PyObject *make(PyObject *type, PyObject *arguments, PyObject *keywords) {
    lose();
    return PyType_GenericAlloc(type, 0);
}

static PyObject *call(PyObject *thing, PyObject *arguments, PyObject *keywords) {
    lose();
    return Py_BuildValue("");
}

static PyMethodDef methods[] = {{"method", function, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyGetSetDef getters[] = {{"value", get, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot thing_slots[] = {
    {SLOT_METHODS, methods}, {SLOT_GETSET, getters}, {SLOT_CALL, call}, {0, NULL}};
static PyType_Spec thing_spec = {"lossy.Thing", sizeof(PyObject), 0, TPFLAGS_DEFAULT, thing_slots};

static PyType_Slot made_slots[] = {{SLOT_NEW, make}, {0, NULL}};
static PyType_Spec made_spec = {"lossy.Made", sizeof(PyObject), 0, TPFLAGS_DEFAULT, made_slots};

static int item_traverse(PyObject *item, Visit visit, void *argument) {
    return visit(item->type, argument);
}

static PyType_Slot item_slots[] = {{SLOT_TRAVERSE, item_traverse}, {0, NULL}};
static PyType_Spec item_spec = {"lossy.Item", sizeof(PyObject), 0,
                                TPFLAGS_DEFAULT | TPFLAGS_HAVE_GC, item_slots};

static PyMethodDef functions[] = {{"prepare", prepare, METH_VARARGS, NULL},
                                  {"function", function, METH_NOARGS, NULL},
                                  {"fail", fail, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {
    {1, NULL}, NULL, 0, NULL, "lossy", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyObject *PyInit_lossy(void) {
    PyObject *module = PyModule_Create2(&definition, API_VERSION);
    item_type = PyType_FromSpec(&item_spec);
    if (!module || !item_type)
        return NULL;
    Py_IncRef(item_type);
    PyModule_AddObject(module, "Item", item_type);
    PyModule_AddObject(module, "Thing", PyType_FromSpec(&thing_spec));
    PyModule_AddObject(module, "Made", PyType_FromSpec(&made_spec));
    return module;
}
