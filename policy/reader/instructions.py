"""The language of literal instructions, and its parser.

A goal for `reader` is a list of steps in plain English, separated by line breaks, semicolons,
full stops, commas, 'then', 'and' or 'and then' outside of quotes. Text in quotes ("…", '…' or
“…”) is what stands on the screen, or what is to be typed, to the letter::

    click "Sign in"                               click the "Save" button
    click "Edit" in the row of "Anna Berg"        click the delete icon next to "Buy milk"
    open the second result                        click the 3rd "Add to cart"
    click the search icon                         double-click / right-click / hover over "X"
    type "kettle" into "Search"                   type "kettle" and press Enter
    replace the text in "Street" with "Low Rd 5"  clear "Search"
    press Enter                                   press Control+A
    select "Norway" in "Country"                  check "I agree" / uncheck "Newsletter"
    click "Next" until you see "Order 1042"       scroll down / scroll down until you see "Terms"
    wait until you see "Saved"                    wait 2 seconds
    drag "Milk" to "Done"                         upload "/tmp/a.png" to "Photo"
    go to http://…  go back  go forward  reload   open a new tab / switch to the tab "Help" /
                                                  close the tab
    tell me the "Total"                           tell me the price
    tell me the "Price" of "Red kettle"           answer "yes"

'in the row of', 'of', 'next to', 'under', 'above', 'left of', 'right of' pick one of several
equal targets by a neighbour; ordinals pick by reading order. 'check' and 'uncheck' look at the
box first and click only where its state differs. 'tell me' ends the task with what it read.
"""
