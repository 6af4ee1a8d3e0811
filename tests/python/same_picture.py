import io, sys, heapgraph, gc
class Named:
    def __init__(self, name): self.name = name
    def __repr__(self): return "<" + self.name + ">"
class Other(Named): pass
class Slots:
    __slots__ = ("a", "b", "__weakref__")
    def __init__(self, a, b): self.a = a; self.b = b
    def __repr__(self): return "<slots>"
def closure(x):
    def inner(): return x
    return inner
target = None
def build():
    leak = Named("leak")
    words = {"w%d" % i: Named("n%d" % i) for i in range(30)}
    bag = {Named("b%d" % i) for i in range(20)}
    for n in bag: n.leak = leak
    frozen = frozenset("k%d" % i for i in range(20))
    many = [Slots(leak, n) for n in words.values()]
    funcs = [closure(leak) for _ in range(5)]
    reg = {("t", i): [leak, i] for i in range(5)}
    global registry
    registry = [words, bag, frozen, many, funcs, reg, {leak}, (leak,), {"x": leak, "y": leak}]
    return leak
def main() -> None:
    leak = build()
    def fixed(o): return True
    def show(f, *a, **k):
        b = io.StringIO(); f(*a, output=b, **k); print(b.getvalue())
    show(heapgraph.show_backrefs, leak, max_depth=4, too_many=6)
    show(heapgraph.show_refs, registry, max_depth=3, too_many=7)
    show(heapgraph.show_refs, [registry[1], registry[2]], max_depth=1, too_many=5)
    show(heapgraph.show_refs, ["alpha", "beta", Named, Other], max_depth=1)
    ch = heapgraph.find_backref_chain(leak, heapgraph.is_proper_module)
    print(heapgraph.describe_chain(ch))
    for kind in (set, dict, tuple, list, Slots):
        ch = heapgraph.find_backref_chain(leak, lambda o: type(o) is kind)
        print(heapgraph.describe_chain(ch))
        ch = heapgraph.find_ref_chain(registry, lambda o: type(o) is kind)
        print(heapgraph.describe_chain(ch))
    ch = heapgraph.find_ref_chain(registry, lambda o: o is leak)
    print(heapgraph.describe_chain(ch))
    ch = heapgraph.find_ref_chain(registry[1], lambda o: o is leak)
    print(heapgraph.describe_chain(ch))
main()
