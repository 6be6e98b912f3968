"""Leads from a CSV file: read, mapped, written in batches, and continued after a stop.

The folders, from the bytes to the leads:

- `reading`: bytes to text (`encoding`), files that are no CSV (`file_kinds`), the character between the cells
  (`delimiter`), text to rows with their places (`records`), and all of it decided once a file (`plan`).
- `columns`: which row is the header (`header_row`), which column is what (`header`), by which words
  (`synonyms`).
- `cells`: a cell to a value: phone number, date, language.
- `wishes`: who may be written to, as columns say it: their titles (`title`, `recognize`), their cells
  (`answer`, `meaning`), a row (`reader`), the evidence of its permission (`evidence`), what a dry run
  tells (`tally`).
- `rows`: a row to a lead, or why the row is refused (`mapper`), and rows to batches (`batch`).
- `running`: one call of ImportLeads (`run`), the bytes the caller sends (`source`), and the store that writes
  a batch and the place where the batch ends in one transaction.

Beside them stand what a column can be (`fields`), an import as a resource (`model`, `convert`, `store`), the
check of its options (`check`), and the file of its refused rows (`refused_file`). All but the stores and
`running` is pure.
"""
