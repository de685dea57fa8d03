"""How templates become Python: as Jinja does it, with two short cuts for what a page does a thousand times.

What a template means, and what is escaped, stays Jinja's. `PageCode` says which calls it makes itself, `PlainCalls`
serves the others.
"""

import keyword
from types import FunctionType, MethodType
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, _escape_inner, escape

from portal.i18n import Later


def prepare(env: Environment) -> None:
    env.code_generator_class = PageCode
    env.context_class = PlainCalls
    env.shown = shown  # type: ignore[attr-defined]


def shown(value: Any) -> str:
    """`escape` for output: only the text counts, which Jinja joins to the page. Wrapping it into a `Markup` of its own,
    as `escape` does, costs more than escaping it."""
    if type(value) is Markup:
        return value
    if type(value) is str:
        return _escape_inner(value)
    if type(value) is Later:
        return value.__html__()
    if type(value) is int:
        return str(value)
    return escape(value)


class PageCode(CodeGenerator):
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Calls the functions that every template has, and the components of `ui`, straight away."""
        if forward_caller or not self.is_plain(node):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        called = node.node
        if isinstance(called, nodes.Getattr):
            self.visit(called.node, frame)
            self.write(f".{called.attr}(")
        else:
            self.visit(called, frame)
            self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def is_plain(self, node: nodes.Call) -> bool:
        if node.dyn_args or node.dyn_kwargs or any(keyword.iskeyword(one.key) for one in node.kwargs):
            return False
        called = node.node
        if isinstance(called, nodes.Getattr):
            return isinstance(called.node, nodes.Name) and called.node.name == "ui"
        found = self.environment.globals.get(called.name) if isinstance(called, nodes.Name) else None
        return type(found) is FunctionType and not hasattr(found, "jinja_pass_arg")


class PlainCalls(Context):
    """Calls other functions and macros straight away as well. Jinja looks at each call whether the callee wants its
    context, which ours never do."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        if type(called) not in (FunctionType, MethodType, Macro) or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(*args, **kwargs)
