package dev.raftsman.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Columns as wide as what is in them, for people. A heading that ends in {@code >} has its column on the right. */
final class Table {
    private final List<String> headings = new ArrayList<>();
    private final List<String[]> rows = new ArrayList<>();

    Table(String... headings) {
        and(headings);
    }

    Table and(String... more) {
        headings.addAll(Arrays.asList(more));
        return this;
    }

    /** @param cells one for each column; control characters are escaped */
    void row(String... cells) {
        if (cells.length != headings.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + headings.size() + " columns");
        }
        rows.add(Arrays.stream(cells).map(EventText::printable).toArray(String[]::new));
    }

    /** Lines, each with its newline and without blanks at its end. */
    String text() {
        int columns = headings.size();
        int[] widths = new int[columns];
        String[] names = new String[columns];
        for (int i = 0; i < columns; i++) {
            String heading = headings.get(i);
            names[i] = heading.endsWith(">") ? heading.substring(0, heading.length() - 1) : heading;
            widths[i] = names[i].length();
            for (String[] row : rows) {
                widths[i] = Math.max(widths[i], row[i].codePointCount(0, row[i].length()));
            }
        }
        StringBuilder text = new StringBuilder();
        line(names, widths, text);
        rows.forEach(row -> line(row, widths, text));
        return text.toString();
    }

    private void line(String[] cells, int[] widths, StringBuilder text) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            String blanks = " ".repeat(widths[i] - cells[i].codePointCount(0, cells[i].length()));
            boolean right = headings.get(i).endsWith(">");
            line.append(i == 0 ? "" : "  ")
                    .append(right ? blanks : "")
                    .append(cells[i])
                    .append(right ? "" : blanks);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
