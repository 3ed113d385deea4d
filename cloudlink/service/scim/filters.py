"""A SCIM filter as a SQL condition: RFC 7644, section 3.4.2.2, with every operator.

scim2-models parses a filter, binds it to the schema and refuses one that nests more than 32 expressions. A substring is
found without LIKE, whose sense of case and of ``%`` differs between databases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scim2_models import InvalidFilterException
from scim2_models.path import AttrPath, CompareOperator, Comparison, FilterVisitor, LogicalOperator, coerce_value
from sqlalchemy import ColumnElement, and_, false, func, not_, or_

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scim2_models import AttributeBinding, ScimFilter
    from scim2_models.path import LogicalExpr, Not, Present, ValuePath

    from cloudlink.service.scim.attributes import Attributes, Entry, Term

LONGEST = 4096
"""Characters of a filter."""
_DEEPEST = 50

_Condition = ColumnElement[bool]
_COMPARED: Mapping[CompareOperator, Callable[[Any, Any], _Condition]] = {
    CompareOperator.eq: lambda value, operand: value == operand,
    CompareOperator.ne: lambda value, operand: or_(value != operand, value.is_(None)),
    CompareOperator.co: lambda value, operand: func.replace(value, operand, "") != value,
    CompareOperator.sw: lambda value, operand: func.substr(value, 1, func.length(operand)) == operand,
    CompareOperator.ew: lambda value, operand: (
        func.substr(value, func.length(value) - func.length(operand) + 1) == operand
    ),
    CompareOperator.gt: lambda value, operand: value > operand,
    CompareOperator.ge: lambda value, operand: value >= operand,
    CompareOperator.lt: lambda value, operand: value < operand,
    CompareOperator.le: lambda value, operand: value <= operand,
}
_SUBSTRING = frozenset({CompareOperator.co, CompareOperator.sw, CompareOperator.ew})


def bounded(text: str) -> str:
    """The filter, unless it is too long or nests too deep. Raises ``InvalidFilterException``.

    Parentheses inside a quoted value count too: no client comes near the bound.
    """
    if len(text) > LONGEST or text.count("(") + text.count("[") > _DEEPEST:
        raise InvalidFilterException(detail="the filter is too long or nests too deep")
    return text


def condition(scim_filter: ScimFilter[Any], attributes: Attributes) -> _Condition:
    """The rows that match. Raises ``InvalidFilterException`` for an attribute that cannot be compared."""
    return _ToSql(scim_filter, attributes).visit(scim_filter.ast)


class _ToSql(FilterVisitor[_Condition]):
    """Inside ``emails[...]`` a path names a sub-attribute of ``within``, which stands where ``entry`` says."""

    def __init__(
        self,
        scim_filter: ScimFilter[Any],
        attributes: Attributes,
        within: AttrPath | None = None,
        entry: Entry | None = None,
    ) -> None:
        self._filter = scim_filter
        self._attributes = attributes
        self._within = within
        self._entry = entry

    def visit_comparison(self, node: Comparison) -> _Condition:
        binding = self._bind(node.attr_path, compared=True)
        if binding is None:
            return false()
        operand = coerce_value(binding, node.value, node.op)
        if self._entry:
            return _compare(self._entry(binding), node.op, operand)
        if not binding.is_multivalued:
            return _compare(self._attributes.term(binding), node.op, operand)
        if node.op is CompareOperator.ne:
            return not_(self._any(binding, CompareOperator.eq, operand))
        return self._any(binding, node.op, operand)

    def visit_present(self, node: Present) -> _Condition:
        binding = self._bind(node.attr_path)
        if binding is None:
            return false()
        if self._entry:
            return _present(self._entry(binding))
        if binding.is_multivalued:
            return self._attributes.any_entry(
                binding, lambda entry: _present(entry(self._sub(node.attr_path, "value")))
            )
        if _is_complex(binding):
            return self._attributes.present(binding)
        return _present(self._attributes.term(binding))

    def visit_not(self, node: Not) -> _Condition:
        # SQL's unknown is no match, and what is no match matches here.
        return not_(func.coalesce(self.visit(node.expr), false()))

    def visit_logical_expr(self, node: LogicalExpr) -> _Condition:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op == LogicalOperator.and_ else or_(*terms)

    def visit_value_path(self, node: ValuePath) -> _Condition:
        binding = self._bind(node.attr_path)
        if binding is None:
            return false()

        def asked(entry: Entry) -> _Condition:
            return _ToSql(self._filter, self._attributes, node.attr_path, entry).visit(node.val_filter)

        return self._attributes.any_entry(binding, asked)

    def _any(self, binding: AttributeBinding, operator: CompareOperator, operand: Any) -> _Condition:
        return self._attributes.any_entry(binding, lambda entry: _compare(entry(binding), operator, operand))

    def _bind(self, path: AttrPath, *, compared: bool = False) -> AttributeBinding | None:
        """``None`` for what this type of resource has not: a search of several types finds it in another."""
        if self._within is not None:
            return self._sub(self._within, path.attr)
        resolve = self._filter.resolve_comparison if compared else self._filter.resolve
        return resolve(path, strict=False)

    def _sub(self, path: AttrPath, name: str) -> AttributeBinding:
        binding = self._filter.resolve(AttrPath(path.attr, path.sub_attr or name, path.uri))
        if binding is None:
            raise InvalidFilterException(detail=f"'{path}.{name}' is unknown")
        return binding


def _is_complex(binding: AttributeBinding) -> bool:
    return hasattr(binding.target_type, "model_fields")


def _compare(term: Term, operator: CompareOperator, operand: Any) -> _Condition:
    if operand is None:
        return _compare_to_nothing(term, operator)
    if isinstance(operand, str):
        operand = str(operand)
    if operand == "" and operator in _SUBSTRING:
        return term.value.is_not(None)
    return _COMPARED[operator](term.value, term.prepare(operand))


def _compare_to_nothing(term: Term, operator: CompareOperator) -> _Condition:
    if operator is CompareOperator.eq:
        return term.value.is_(None)
    return term.value.is_not(None) if operator is CompareOperator.ne else false()


def _present(term: Term) -> _Condition:
    if issubclass(term.value.type.python_type, str):
        return and_(term.value.is_not(None), term.value != "")
    return term.value.is_not(None)
