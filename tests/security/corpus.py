"""Text that would be code somewhere: markup, scripts, addresses, templates, htmx, spreadsheets, odd characters."""

CODE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "\"><b id=evil>x</b>",
    "' onmouseover='alert(1)", "\" hx-get=\"/logout\" hx-trigger=\"load", "<i hx-post=/logout hx-trigger=load>",
    "<i data-hx-get=/me>", "<i hx-on:click=alert(1)>", "<i hx-on::load=alert(1)>", "</textarea><script>1</script>",
    "</title><script>1</script>", "javascript:alert(1)", "<a href=javascript:alert(1)>x</a>", "{{ 7*7 }}", "{% raw %}",
    "${7*7}", "<iframe srcdoc='<script>1</script>'>", "<math><mi xlink:href=javascript:1>", "<base href=//evil>",
    "<meta http-equiv=refresh content=0;//evil>", "<form action=//evil><input name=csrf_token>", "<!--", "]]>",
    "<style>@import'//evil'</style>", "<link rel=stylesheet href=//evil>", "&lt;script&gt;", "&#60;script&#62;",
    "\u2028<script>1</script>", "<scr\u0000ipt>1</script>", "<details open ontoggle=alert(1)>", "<body onload=1>",
    "<object data=//evil>", "<embed src=//evil>", "<video><source onerror=1>", "<template><b id=evil></template>",
    "<dialog open id=evil>", "<input autofocus onfocus=alert(1)>", "</select><b id=evil>", "<button formaction=//evil>",
    "'><script>1</script>", "`-alert(1)-`", "\\\"><b id=evil>", "%3Cscript%3E", "<ſcript>1</ſcript>", "＜script＞",
    "<xss style=behavior:url(x)>", "<a\thref=\njavascript:1>", "<plaintext>", "<noscript><b id=evil></noscript>",
    "<portal src=//evil>", "<marquee onstart=1>", "#panic()", "<b hidden hx-swap-oob=true id=parts>", "<hx-partial>",
    "<i hx-ext=debug>", "<i hx-vals='js:{a:1}'>", "<i hx-boost=true>", "=cmd|'/c calc'!A0", "<x-y is=z>",
    "\u202e\u2066gnp.exe\u2069\u200b\ufeff", "a\u0301\u200d\u200d👨\u200d👩", "<a href='JaVa\tScRiPt:alert(1)'>",
    "vbscript:x", "&#x6A;avascript:1", "<img src=//evil.example/x>", "<audio src=//evil.example/y autoplay>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</a>", "<img srcset='x 1x' onerror=\"window.evil=1\">",
]  # fmt: skip
