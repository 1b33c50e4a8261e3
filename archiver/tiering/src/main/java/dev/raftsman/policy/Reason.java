package dev.raftsman.policy;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Why a decision was taken.
 *
 * @param label the row of the table in this package's page
 * @param text the comparison, for a person: {@code 73h > 72h}
 * @param numbers the same for a program, with the unit at the end of each name
 * @param version the beginning of the hash of the policies that decided; "" where an earlier archiver did
 */
public record Reason(String label, String text, Map<String, Long> numbers, String version) {
    public Reason(String label, String text, Map<String, Long> numbers) {
        this(label, text, numbers, "");
    }

    public Reason {
        numbers = Collections.unmodifiableMap(new TreeMap<>(numbers)); // In one order, so that plans can be compared.
    }

    /** @return one line: label and comparison */
    @Override
    public String toString() {
        return text.isEmpty() ? label : label + " " + text;
    }
}
