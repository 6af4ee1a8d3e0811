/* Types that nobody made ready, that claim to be what they are not, and that show what is gone. */

#include <stdlib.h>
#include <string.h>

#include "impostors.h"

extern PyObject *PyTuple_New(ptrdiff_t);
extern const char *PyBytes_AsString(PyObject *);

static int shows_its_type(PyObject *self, Visit visit, void *argument) {
    return visit(self->type, argument);
}

static int shows_nothing(PyObject *self, Visit visit, void *argument) {
    return 0;
}

/* An object of a static type, ready or not. None of them has more than a head. The name "NULL" is none. */
static TypeObject *new_type(const char *name, unsigned long flags) {
    TypeObject *type = calloc(1, sizeof(TypeObject));
    type->object.reference_count = IMMORTAL;
    type->object.type = (PyObject *)&PyType_Type;
    type->name = strcmp(name, "NULL") ? strdup(name) : NULL;
    type->basic_size = sizeof(PyObject);
    type->flags = flags;
    type->traverse = flags & TPFLAGS_HAVE_GC ? shows_nothing : NULL;
    type->methods = impostor_methods;
    type->getset = impostor_getset;
    return type;
}

/* An instance of a static type of this name (bytes). */
static PyObject *static_impostor(PyObject *module, PyObject *name) {
    TypeObject *type = new_type(PyBytes_AsString(name), TPFLAGS_DEFAULT | TPFLAGS_HAVE_GC);
    return PyType_Ready(type) ? NULL : PyType_GenericAlloc((PyObject *)type, 0);
}

/* An instance of a type of this name (bytes), made from a spec without bases. */
static PyObject *heap_impostor(PyObject *module, PyObject *name) {
    PyType_Slot slots[] = {{SLOT_TRAVERSE, shows_its_type},
                           {SLOT_METHODS, impostor_methods},
                           {SLOT_GETSET, impostor_getset},
                           {0, NULL}};
    PyType_Spec spec = {strdup(PyBytes_AsString(name)), sizeof(PyObject), 0,
                        TPFLAGS_DEFAULT | TPFLAGS_HAVE_GC, slots};
    PyObject *type = PyType_FromSpec(&spec);
    return type ? PyType_GenericAlloc(type, 0) : NULL;
}

/* A static type that nobody made ready: it has no bases, no mro and no dict. */
static PyObject *unready_type(PyObject *module, PyObject *name) {
    return (PyObject *)new_type(PyBytes_AsString(name), TPFLAGS_DEFAULT);
}

/* An instance of such a type, which the collector tracks. */
static PyObject *unready_instance(PyObject *module, PyObject *name) {
    TypeObject *type = new_type(PyBytes_AsString(name), TPFLAGS_DEFAULT | TPFLAGS_HAVE_GC);
    return PyType_GenericAlloc((PyObject *)type, 0);
}

/* A type that has the flag of one that is ready (1 << 12), and nothing else. */
static PyObject *falsely_ready_type(PyObject *module, PyObject *name) {
    return (PyObject *)new_type(PyBytes_AsString(name), TPFLAGS_DEFAULT | 1L << 12);
}

/* An instance of such a type, which is of no type itself. */
static PyObject *untyped_instance(PyObject *module, PyObject *name) {
    PyObject *instance = calloc(1, sizeof(PyObject));
    TypeObject *type = new_type(PyBytes_AsString(name), TPFLAGS_DEFAULT);
    type->object.type = NULL;
    instance->reference_count = 1;
    instance->type = (PyObject *)type;
    return instance;
}

/* A tuple that is gone: it lies, with no reference, on the list of tuples that can be used again. */
static PyObject *gone;

static int shows_the_gone(PyObject *self, Visit visit, void *argument) {
    return visit(gone, argument);
}

static PyObject *shower_of_the_gone(PyObject *module, PyObject *nothing) {
    TypeObject *type = new_type("odd_types.Shower", TPFLAGS_DEFAULT | TPFLAGS_HAVE_GC);
    type->traverse = shows_the_gone;
    if (PyType_Ready(type))
        return NULL;
    PyObject *shower = PyType_GenericAlloc((PyObject *)type, 0);
    gone = PyTuple_New(19);
    Py_DecRef(gone);
    return shower;
}

static PyMethodDef functions[] = {{"call_count", call_count, METH_NOARGS, NULL},
                                  {"static_impostor", static_impostor, METH_O, NULL},
                                  {"heap_impostor", heap_impostor, METH_O, NULL},
                                  {"unready_type", unready_type, METH_O, NULL},
                                  {"unready_instance", unready_instance, METH_O, NULL},
                                  {"falsely_ready_type", falsely_ready_type, METH_O, NULL},
                                  {"untyped_instance", untyped_instance, METH_O, NULL},
                                  {"shower_of_the_gone", shower_of_the_gone, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {
    {1, NULL}, NULL, 0, NULL, "odd_types", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyObject *PyInit_odd_types(void) {
    return PyModule_Create2(&definition, API_VERSION);
}
