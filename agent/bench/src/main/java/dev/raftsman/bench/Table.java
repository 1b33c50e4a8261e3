package dev.raftsman.bench;

import java.util.List;

/** A table that a README shows as one and a terminal too: columns as wide as their widest cell, figures to the right. */
final class Table {
    private Table() {}

    static String markdown(List<String> headings, List<List<String>> rows) {
        int columns = headings.size();
        int[] widths = new int[columns];
        for (int i = 0; i < columns; i++) {
            widths[i] = Math.max(2, headings.get(i).length());
            for (List<String> row : rows) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        line(text, headings, widths);
        for (int i = 0; i < columns; i++) {
            text.append(i == 0 ? "|" : "")
                    .append(i == 0 ? "-" : " ")
                    .append("-".repeat(widths[i]))
                    .append(i == 0 ? "-|" : ":|");
        }
        text.append('\n');
        rows.forEach(row -> line(text, row, widths));
        return text.toString();
    }

    private static void line(StringBuilder text, List<String> cells, int[] widths) {
        text.append('|');
        for (int i = 0; i < widths.length; i++) {
            String blanks = " ".repeat(widths[i] - cells.get(i).length());
            text.append(' ')
                    .append(i == 0 ? cells.get(i) + blanks : blanks + cells.get(i))
                    .append(" |");
        }
        text.append('\n');
    }
}
