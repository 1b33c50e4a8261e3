package dev.raftsman.console;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Which part of a list is asked for.
 *
 * @param sort name of a column; empty: as the list is
 * @param filter text that a row's own must contain, in small letters; empty: every row
 */
record Listing(int offset, int limit, String sort, boolean descending, String filter) {
    static final int MOST_ROWS = 500;

    private static final int FEW_ROWS = 100;
    private static final int MOST_FILTER_CHARS = 200;

    /**
     * A part of a list.
     *
     * @param total of the list
     * @param matching of it, that the filter lets through
     * @param offset of the first of {@code rows} among these
     */
    record Page(int total, int matching, int offset, List<? extends Record> rows) {}

    /** @throws IllegalArgumentException saying what is wrong */
    static Listing of(Map<String, String> parameters) {
        String filter = parameters.getOrDefault("filter", "");
        if (filter.length() > MOST_FILTER_CHARS) {
            throw new IllegalArgumentException(
                    "filter: " + filter.length() + " characters; expected at most " + MOST_FILTER_CHARS);
        }
        String order = parameters.getOrDefault("order", "asc");
        if (!order.equals("asc") && !order.equals("desc")) {
            throw new IllegalArgumentException("order: '" + order + "'; expected asc or desc");
        }
        return new Listing(
                (int) number(parameters, "offset", 0, 0, Integer.MAX_VALUE),
                (int) number(parameters, "limit", FEW_ROWS, 1, MOST_ROWS),
                parameters.getOrDefault("sort", ""),
                order.equals("desc"),
                filter.toLowerCase(Locale.ROOT));
    }

    /** @throws IllegalArgumentException if it is no number or out of its range */
    static long number(Map<String, String> parameters, String name, long otherwise, long least, long most) {
        String text = parameters.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException(name + ": '" + text + "'; expected " + least + " to " + most);
    }

    /**
     * Filters, sorts and cuts.
     *
     * @param columns what the list may be sorted by
     * @param text what the filter looks at, in any letters
     * @throws IllegalArgumentException if there is no such column
     */
    <T extends Record> Page page(List<T> rows, Map<String, Comparator<T>> columns, Function<T, String> text) {
        List<T> matching = filter.isEmpty()
                ? rows
                : rows.stream()
                        .filter(row -> text.apply(row).toLowerCase(Locale.ROOT).contains(filter))
                        .toList();
        List<T> sorted = matching;
        if (!sort.isEmpty()) {
            Comparator<T> by = columns.get(sort);
            if (by == null) {
                throw new IllegalArgumentException("sort: '" + sort + "'; expected one of "
                        + String.join(", ", columns.keySet().stream().sorted().toList()));
            }
            sorted = matching.stream().sorted(descending ? by.reversed() : by).toList();
        }
        int from = Math.min(offset, sorted.size());
        return new Page(
                rows.size(),
                sorted.size(),
                from,
                List.copyOf(sorted.subList(from, Math.min(sorted.size(), from + limit))));
    }
}
