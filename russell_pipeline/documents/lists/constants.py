"""Lists: the sizes and shares by which they are read, with what each was measured on.

`Published` are nine lists of 2010 to 2023, seven of them PDFs; `generated` are 3,000 lists of `russell_pipeline_tests.layouts`.
Points in a PDF, characters in a text.
"""

# --- columns ----------------------------------------------------------------------------------------------------------
# A word of a column starts at most this far from where the column does. Published: 0.0; within a drawn line: 1.0.
NEAR = 1.5
# Words that start alike. Published: 0.0; generated, drawn glyph by glyph: 0.3.
AT_START = 0.5
# A cell starts after white space of more than so many spaces. Published: corridors are 9 to 49 spaces wide, by estimated widths
# of words, and stand between columns alone. Generated: names reach their symbols, which then do not count.
WIDE = 2.0
# From the start of a word to that of the next, by its letters and one. Published: 1.9 to 7.3 within a cell, 7.6 or more from
# cell to cell, mostly over 20; 10 takes wide type (Courier at 11 points: 6.6) and spaces set wide.
MOST_LETTER = 10.0
# A class starts after its symbol ("BRK B") by at least so much for each letter, and by at most MOST_LETTER and this space.
LEAST_LETTER, MOST_SPACE = 3.0, 6.0
# Words of heads further apart than their letters of this width are two heads. Published: the closest are 58 points apart.
HEAD_LETTER = 7.0
# Two words of one kind are one head ("Ticker Symbol") within this. Published: the same head stands again after 252 to 255.
ONE_HEAD = 60.0
# Names are cut at 23 or 24 characters (published): one of this length may have lost the class behind "CL".
CUT = 22
# Pairs of two columns, or sets of three, side by side. Published: up to 2 pairs; generated: up to 3.
MOST_HEADS = 6

# --- lines ------------------------------------------------------------------------------------------------------------
# The pitch of rows, if a page has one row. Published: 11.8 to 15.8.
USUAL_PITCH = 14.0
# Lines within so many pitches of a row belong to its table. Published: heads 1.02 to 1.08 above, footers 2.14 or more below.
TABLE_GAP = 1.75
# Lines of one wrapped cell are closer than this share of the pitch. Published: rows differ by 1 percent of it.
WRAPPED = 0.9
# Lines of a paragraph of legal text. Published: 9 to 14, and 18 or more from paragraph to paragraph.
PARAGRAPH_GAP = 16.0
# Running heads and feet are among so many lines of a page. Published: 2 and 2, and a page number.
HEAD_LINES, FOOT_LINES = 3, 3

# --- counts and shares ------------------------------------------------------------------------------------------------
# What counts as most rows, names or symbols. Published: all. Generated with one fault: all but a few.
MOST = 0.75
# Fewer rows are no evidence: the names of two companies may begin with successive numbers.
FEW_ROWS = 3
# A page repeats heads if it has them at least so often.
FEW_HEADS = 2
# In an ordered list, steps back add up to this share of its rows at most. Published: a tail of foreign names, in one step.
MOST_BACK = 0.25
# A watermark or stamp has no more words.
MOST_OVER = 40
# Few words of names are longer. Published: 2 to 14 words of a list.
LONGEST_WORD = 15
