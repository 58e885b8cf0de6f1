"""What tests share: projects, git repositories, terminals, tools, and texts made by hand."""
