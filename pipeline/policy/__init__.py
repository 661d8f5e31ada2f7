"""What a QA manager signs: phrase lists, rules, standards and every other choice, as files, and their reading."""
