/** Brings the marked words of a document page into view. Without scripts, `#quote` does it. */
if (["", "#quote"].includes(location.hash)) {
  document.getElementById("quote")?.scrollIntoView({ block: "center" });
}
