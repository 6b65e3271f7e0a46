export const postScript = "document.getElementById('answer').submit()\n"

export const styleSheet = `
:root {
  color-scheme: light dark;
  --page: #eef1f6; --card: #fff; --ink: #1b1b1f; --quiet: #5a5f6b; --line: #d9dde6;
  --accent: #2757c8; --on-accent: #fff; --hover: #f3f5fa; --fault: #a4262c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161b; --card: #1f2229; --ink: #f1f2f5; --quiet: #a9afbc; --line: #363b46;
    --accent: #8fb0ff; --on-accent: #10131a; --hover: #292d36; --fault: #ff9a9f;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; display: grid; grid-template-rows: 1fr auto; place-items: center;
  padding: 24px 16px; background: var(--page); color: var(--ink);
  font: 15px/1.45 'Segoe UI', system-ui, sans-serif;
}
main {
  width: 100%; max-width: 440px; padding: 36px 40px; background: var(--card);
  border: 1px solid var(--line); border-radius: 4px; box-shadow: 0 2px 6px rgb(0 0 0 / 12%);
}
.brand { display: flex; align-items: center; gap: 8px; margin: 0 0 16px; color: var(--quiet) }
.mark { width: 16px; height: 16px; border: 2px dashed var(--accent); border-radius: 50% }
h1 { margin: 0 0 8px; font-size: 24px; font-weight: 600 }
p { margin: 0 0 16px }
.people { list-style: none; margin: 0 -40px; padding: 0 }
.people button {
  display: flex; gap: 14px; align-items: center; width: 100%; padding: 10px 40px; border: 0;
  background: none; color: inherit; font: inherit; text-align: left; cursor: pointer;
}
.people button:hover { background: var(--hover) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
.initials {
  flex: none; width: 40px; height: 40px; border: 1px solid var(--line); border-radius: 50%;
  display: grid; place-items: center; color: var(--accent); font-weight: 600;
}
.who { min-width: 0; display: grid; overflow-wrap: anywhere }
.who span, small { color: var(--quiet); font-size: 13px }
details { margin-top: 16px; border-top: 1px solid var(--line); padding-top: 12px }
summary { cursor: pointer; color: var(--quiet) }
label { display: block; margin-top: 12px }
select { display: block; width: 100%; margin-top: 4px; padding: 6px; font: inherit }
.primary {
  padding: 8px 28px; border: 0; background: var(--accent); color: var(--on-accent);
  font: inherit; cursor: pointer;
}
.fault { color: var(--fault); overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 12px; margin: 0; font-size: 13px; color: var(--quiet) }
dd { margin: 0; overflow-wrap: anywhere }
footer { padding: 16px; color: var(--quiet); font-size: 13px }
`
