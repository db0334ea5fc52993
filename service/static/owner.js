/** The page for site owners: the settings make the tag and the preview. */
(() => {
  "use strict";
  const at = (id) => document.getElementById(id);
  const [form, stage, tag, copy, said] = ["settings", "stage", "tag", "copy", "said"].map(at);
  const COLOR = form.elements.color.value;

  /** The attributes that differ from what is meant without them. */
  function attributes() {
    const { title, lang, color, position, theme, questions } = form.elements;
    const asked = questions.value.split("\n").map((line) => line.trim().replaceAll("|", " ")).filter(Boolean);
    const given = { title: title.value.trim(), lang: lang.value, color: color.value === COLOR ? "" : color.value, position: position.value, theme: theme.value, questions: asked.join("|") };
    return Object.entries(given).filter(([, value]) => value);
  }

  const quoted = (value) => `"${value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"`;

  function show() {
    const { src, integrity } = tag.dataset;
    const all = [["src", src], ...(form.elements.pinned.checked ? [["integrity", integrity], ["crossorigin", "anonymous"]] : []), ...attributes().map(([name, value]) => [`data-${name}`, value])];
    tag.textContent = `<script defer ${all.map(([name, value]) => `${name}=${quoted(value)}`).join("\n  ")}></script>`;
    said.textContent = "";
    const element = document.createElement("ask-the-record");
    Object.assign(element.dataset, Object.fromEntries(attributes()));
    stage.querySelector("ask-the-record")?.remove();
    stage.append(element);
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(tag.textContent);
      said.textContent = copy.dataset.done;
    } catch {
      // Without the clipboard (no TLS), the tag is marked for the visitor's own copying.
      getSelection().selectAllChildren(tag);
    }
  });
  at("workshop").hidden = copy.hidden = false;
  show();
})();
