/* Compiled code that handles references well and badly. */

#include "stable_abi.h"

/* Forgets to give a reference back. */
static PyObject *leak(PyObject *module, PyObject *object) {
    Py_IncRef(object);
    return Py_BuildValue("");
}

/* Gives it back after all. */
static PyObject *give_back(PyObject *module, PyObject *object) {
    Py_DecRef(object);
    return Py_BuildValue("");
}

static struct {
    PyObject *object;
} kept;

/* Holds an object as it may, where no traverse can show it. */
static PyObject *keep(PyObject *module, PyObject *object) {
    PyObject *before = kept.object;
    Py_IncRef(object);
    kept.object = object;
    if (before)
        Py_DecRef(before);
    return Py_BuildValue("");
}

/* Holds an object and shows it. */
typedef struct {
    PyObject object;
    PyObject *content;
} Box;

static PyObject *box_new(PyObject *type, PyObject *arguments, PyObject *keywords) {
    PyObject *content = PyTuple_GetItem(arguments, 0);
    Box *box = content ? (Box *)PyType_GenericAlloc(type, 0) : NULL;
    if (box) {
        Py_IncRef(content);
        box->content = content;
    }
    return (PyObject *)box;
}

static int box_traverse(Box *box, Visit visit, void *argument) {
    int result = box->content ? visit(box->content, argument) : 0;
    return result ? result : visit(box->object.type, argument);
}

static int box_clear(Box *box) {
    PyObject *content = box->content;
    box->content = NULL;
    if (content)
        Py_DecRef(content);
    return 0;
}

static void box_dealloc(Box *box) {
    PyObject *type = box->object.type;
    PyObject_GC_UnTrack(box);
    box_clear(box);
    PyObject_GC_Del(box);
    Py_DecRef(type);
}

static PyType_Slot box_slots[] = {{SLOT_NEW, box_new},
                                  {SLOT_TRAVERSE, box_traverse},
                                  {SLOT_CLEAR, box_clear},
                                  {SLOT_DEALLOC, box_dealloc},
                                  {0, NULL}};
static PyType_Spec box_spec = {"leaky.Box", sizeof(Box), 0, TPFLAGS_DEFAULT | TPFLAGS_HAVE_GC,
                               box_slots};

/* A box that forgets to show its class, which it owns all the same. */
static int shy_traverse(Box *box, Visit visit, void *argument) {
    return box->content ? visit(box->content, argument) : 0;
}

static PyType_Slot shy_slots[] = {{SLOT_NEW, box_new},
                                  {SLOT_TRAVERSE, shy_traverse},
                                  {SLOT_CLEAR, box_clear},
                                  {SLOT_DEALLOC, box_dealloc},
                                  {0, NULL}};
static PyType_Spec shy_spec = {"leaky.Shy", sizeof(Box), 0, TPFLAGS_DEFAULT | TPFLAGS_HAVE_GC,
                               shy_slots};

/* A box that belongs to no collector, and shows nothing to anybody. */
static void silent_dealloc(Box *box) {
    PyObject *type = box->object.type;
    box_clear(box);
    PyObject_Free(box);
    Py_DecRef(type);
}

static PyType_Slot silent_slots[] = {{SLOT_NEW, box_new}, {SLOT_DEALLOC, silent_dealloc}, {0, NULL}};
static PyType_Spec silent_spec = {"leaky.Silent", sizeof(Box), 0, TPFLAGS_DEFAULT, silent_slots};

/* Belongs to no collector: nothing shows an instance that nothing shows holds. */
static PyType_Slot unseen_slots[] = {{0, NULL}};
static PyType_Spec unseen_spec = {"leaky.Unseen", sizeof(PyObject), 0, TPFLAGS_DEFAULT,
                                  unseen_slots};
static PyObject *unseen_type;

/* Could hold something, and has no traverse. */
static PyType_Spec unshown_spec = {"leaky.Unshown", sizeof(Box), 0, TPFLAGS_DEFAULT, unseen_slots};

/* Forgets an instance. */
static PyObject *lose_unseen(PyObject *module, PyObject *nothing) {
    PyType_GenericAlloc(unseen_type, 0);
    return Py_BuildValue("");
}

static PyMethodDef functions[] = {{"leak", leak, METH_O, NULL},
                                  {"give_back", give_back, METH_O, NULL},
                                  {"keep", keep, METH_O, NULL},
                                  {"lose_unseen", lose_unseen, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {
    {1, NULL}, NULL, 0, NULL, "leaky", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyObject *PyInit_leaky(void) {
    PyObject *module = PyModule_Create2(&definition, API_VERSION);
    unseen_type = PyType_FromSpec(&unseen_spec);
    if (!module || !unseen_type)
        return NULL;
    Py_IncRef(unseen_type);
    PyModule_AddObject(module, "Unseen", unseen_type);
    PyModule_AddObject(module, "Unshown", PyType_FromSpec(&unshown_spec));
    PyModule_AddObject(module, "Silent", PyType_FromSpec(&silent_spec));
    PyModule_AddObject(module, "Shy", PyType_FromSpec(&shy_spec));
    PyModule_AddObject(module, "Box", PyType_FromSpec(&box_spec));
    return module;
}
