"""A spec pasted with its Markdown fence."""

from modelcheck.lang import spec, thread

spec("syntax-markdown-fence")

@thread
def work():
    ```  # E: MC006
