"""What on a page can be operated, and operating it as a person would."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

__all__ = ["FOCUSABLE", "Named", "focusable", "named", "operate"]

FOCUSABLE = (
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [contenteditable=true],"
    " [tabindex]:not([tabindex='-1'])"
)
"""What the keyboard may reach, if it is shown and not switched off."""
ROLES = frozenset(
    [
        "button",
        "checkbox",
        "combobox",
        "link",
        "listbox",
        "menuitem",
        "option",
        "radio",
        "searchbox",
        "slider",
        "spinbutton",
        "switch",
        "tab",
        "textbox",
        "DisclosureTriangle",
        "treeitem",
    ]
)
"""Roles of Chromium's accessibility tree that a person acts on."""


@dataclass(frozen=True)
class Named:
    """An interactive part of the page as a screen reader is told of it.

    Attributes:
        role: Its role.
        name: Its name.
    """

    role: str
    name: str


def named(page: Page) -> list[Named]:
    """Return every interactive part that is shown, from the browser's own accessibility tree."""
    session = page.context.new_cdp_session(page)
    try:
        nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        session.detach()
    return [
        Named(node["role"]["value"], node.get("name", {}).get("value", "").strip())
        for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in ROLES
    ]


def focusable(page: Page) -> list[str]:
    """Return a short description of each element that the Tab key should reach, in order.

    Of a group of radio buttons the browser lets the keyboard reach one.
    """
    found: list[str] = page.evaluate(
        """selector => {
          const groups = new Set();
          return [...document.querySelectorAll(selector)].filter(element => {
            if (element.disabled || element.tabIndex < 0) return false;
            if (element.closest("[inert]")) return false;
            if (!element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: false }))
              return false;
            const shut = element.closest("details:not([open])");
            if (shut && !(element.tagName === "SUMMARY" && element.parentElement === shut))
              return false;
            if (element.type === "radio") {
              const group = `${element.name}`;
              if (groups.has(group)) return false;
              groups.add(group);
              const chosen = document.querySelector(`input[name="${CSS.escape(group)}"]:checked`);
              (chosen ?? element).dataset.reach = "radio " + group;
              return true;
            }
            return true;
          }).map(element => {
            if (element.type === "radio") return "radio " + element.name;
            return window.describe(element);
          });
        }""",
        FOCUSABLE,
    )
    return found


DESCRIBE = """() => {
window.describe = element => {
  if (element.type === "radio") return "radio " + element.name;
  const path = [];
  for (let at = element; at && at !== document.body; at = at.parentElement) {
    if (at.id) { path.unshift("#" + at.id); break; }
    const same = [...at.parentElement.children].filter(one => one.tagName === at.tagName);
    path.unshift(at.tagName.toLowerCase() + (same.length > 1 ? same.indexOf(at) + 1 : ""));
  }
  return path.join(">");
};
}"""
"""Run in the page before `focusable`."""


def operate(control: Locator) -> None:
    """Change a control to something else than it is, in the way that fits its kind."""
    kind: str = control.evaluate("one => one.type || one.getAttribute('role') || one.tagName")
    if kind in ("select-one", "SELECT"):
        other = control.evaluate(
            """one => [...one.options].filter(o => !o.disabled && !o.selected && !o.hidden)
              .map(o => o.value)[0]"""
        )
        control.select_option(other)
    elif kind in ("checkbox", "switch"):
        control.click(force=True)
    elif kind == "radio":
        control.evaluate(
            """one => {
              const same = `input[name="${CSS.escape(one.name)}"]`;
              const others = [...document.querySelectorAll(same)];
              others.find(other => !other.checked && !other.disabled).click();
            }"""
        )
    elif kind in ("range", "slider"):
        control.focus()
        before = control.evaluate("one => one.value ?? one.getAttribute('aria-valuenow')")
        control.press("ArrowRight")
        if control.evaluate("one => one.value ?? one.getAttribute('aria-valuenow')") == before:
            control.press("ArrowLeft")
    elif kind in ("number", "text", "search"):
        value = control.input_value()
        control.fill("2" if value != "2" else "3")
        control.press("Enter")
        control.blur()
    else:
        control.click()
