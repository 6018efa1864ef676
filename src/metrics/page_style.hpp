#pragma once

#include <string_view>

namespace sallyport::metrics {

inline constexpr std::string_view page_style = R"(
:root { color-scheme: light dark; --text: #1b1f24; --dim: #57606a; --line: #d8dee4; --back: #fff;
  --panel: #f6f8fa; --bad: #b42318; --warn: #8a5a00; --good: #1a7f37; --bar: #b42318; --calm: #0a6ebd; }
@media (prefers-color-scheme: dark) { :root { --text: #d7dce2; --dim: #98a2ad; --line: #30363d;
  --back: #0f1216; --panel: #171b21; --bad: #ff8a7a; --warn: #e3b341; --good: #56d364;
  --bar: #d1584a; --calm: #4493d8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p { margin: .35rem 0; }
.dim { color: var(--dim); }
.bad { color: var(--bad); } .warn { color: var(--warn); } .good { color: var(--good); }
.state { border-left: .35rem solid var(--good); background: var(--panel); padding: .75rem 1rem;
  margin: 1rem 0; border-radius: .25rem; }
.state.alarm { border-color: var(--bad); }
.state ul { margin: .25rem 0; padding-left: 1.2rem; }
.state p { margin: 0; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem 1.25rem .4rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { color: var(--dim); font-weight: 600; font-size: .875rem; overflow-wrap: normal; }
tbody th { font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { display: block; height: .5rem; min-width: 4rem; background: var(--line);
  border-radius: .25rem; overflow: hidden; margin: .4rem 0; }
.bar i { display: block; height: 100%; background: var(--bar); }
.bar.calm i { background: var(--calm); }
.reasons { list-style: none; margin: 0; padding: 0; }
.reasons li { display: inline-block; margin-right: 1rem; }
.reasons .now { color: var(--bad); font-weight: 600; }
code { font: .875em ui-monospace, "DejaVu Sans Mono", monospace; }
details > summary { cursor: pointer; padding: .5rem 0; color: var(--dim); }
@media (max-width: 44rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody, tr, th, td { display: block; }
  tbody tr { display: flex; flex-wrap: wrap; column-gap: 1.25rem; padding: .5rem 0;
    border-bottom: 1px solid var(--line); }
  th, td, .n { border: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  tbody th, td.wide { flex: 1 0 100%; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--dim); }
  td:empty { display: none; }
}
)";

} // namespace sallyport::metrics
