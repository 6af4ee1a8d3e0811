/* Static types of a program's own compiled code that bear the names of the interpreter's and its
   library's, and some that are not ready. Whatever is asked of their instances counts. */

#include "impostors.h"

extern PyObject PyBaseObject_Type;
extern PyObject *PyList_New(ptrdiff_t);
extern int PyList_Append(PyObject *, PyObject *);
extern PyObject *PyObject_GenericGetAttr(PyObject *, PyObject *);
extern PyObject *PyObject_Init(PyObject *, TypeObject *);

typedef struct {
    PyObject object;
    PyObject *content;
    ptrdiff_t room[16];
} Instance;

static PyObject *call(PyObject *object, PyObject *arguments, PyObject *keywords) {
    calls++;
    return Py_BuildValue("");
}

static PyObject *iterate(PyObject *object) {
    calls++;
    return PyList_New(0);
}

static PyObject *get_attribute(PyObject *object, PyObject *name) {
    calls++;
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
static TypeObject types[COUNT], unready, nameless;

static void fill(TypeObject *type, const char *name) {
    type->object.reference_count = IMMORTAL;
    type->object.type = (PyObject *)&PyType_Type;
    type->name = name;
    type->basic_size = sizeof(Instance);
    type->flags = TPFLAGS_DEFAULT;
}

/* One instance of each type, which holds an object. */
static PyObject *instances(PyObject *module, PyObject *content) {
    PyObject *made = PyList_New(0);
    for (int i = 0; i < COUNT; i++) {
        Instance *instance = (Instance *)PyType_GenericAlloc((PyObject *)&types[i], 0);
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

static PyMethodDef functions[] = {{"instances", instances, METH_O, NULL},
                                  {"unready_types", unready_types, METH_NOARGS, NULL},
                                  {"times_asked", call_count, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {
    {1, NULL}, NULL, 0, NULL, "borrowed_names", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyObject *PyInit_borrowed_names(void) {
    fill(&unready, "borrowed_names.Unready");
    fill(&nameless, NULL);
    for (int i = 0; i < COUNT; i++) {
        TypeObject *type = &types[i];
        fill(type, names[i]);
        type->flags |= TPFLAGS_HAVE_GC | TPFLAGS_BASETYPE;
        type->dealloc = dealloc;
        type->traverse = traverse;
        type->call = call;
        type->get_attribute = get_attribute;
        type->iterate = iterate;
        type->methods = impostor_methods;
        type->getset = impostor_getset;
        if (PyType_Ready(type))
            return NULL;
    }
    return PyModule_Create2(&definition, API_VERSION);
}
