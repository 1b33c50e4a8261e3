package dev.raftsman.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/** The truth: what each producer offered, and what it was told. Kept outside of everything that can fail. */
public final class Journal {
    /** One epoch of one producer. */
    public final class Book {
        public final String producer;
        public final UUID incarnation;
        public final String stream;
        private final int number;
        private final BitSet gaps = new BitSet();
        private final BitSet damaged = new BitSet();
        private int[] checks = new int[64];
        private int claimed;
        private long lost;
        private long acknowledged = -1;

        private Book(int number, String producer, UUID incarnation, String stream) {
            this.number = number;
            this.producer = producer;
            this.incarnation = incarnation;
            this.stream = stream;
        }

        /** The next sequence. */
        public long next() {
            return claimed;
        }

        /** An event is offered. @return the line that it is */
        public String event(String text) {
            String line = number + " " + claimed + " " + text;
            if (claimed == checks.length) {
                checks = Arrays.copyOf(checks, claimed * 2);
            }
            checks[claimed++] = check(line);
            events++;
            return line;
        }

        /** Sequences were claimed and hold nothing. */
        public void gap(int count) {
            gaps.set(claimed, claimed + count);
            claimed += count;
            checks = Arrays.copyOf(checks, Math.max(checks.length, claimed * 2));
        }

        /** Events were offered that never got a sequence. */
        public void lost(long count) {
            lost += count;
        }

        /** What the log on the host holds of them cannot be read any more: they may be stored or declared. */
        public void damaged(long first, long end) {
            damaged.set((int) first, (int) end + 1);
        }

        public void acknowledged(long through) {

            acknowledged = Math.max(acknowledged, through);
        }

        int number() {
            return number;
        }

        long claimed() {
            return claimed;
        }

        long lost() {
            return lost;
        }

        long acknowledged() {
            return acknowledged;
        }

        boolean isGap(long sequence) {
            return gaps.get((int) sequence);
        }

        boolean mayBeGap(long sequence) {
            return isGap(sequence) || damaged.get((int) sequence);
        }

        boolean isEvent(long sequence, String line) {
            return sequence < claimed && !isGap(sequence) && checks[(int) sequence] == check(line);
        }

        @Override
        public String toString() {
            return producer + "/" + incarnation.getLeastSignificantBits() + "/" + stream;
        }
    }

    private final List<Book> books = new ArrayList<>();
    private long events;

    public Book open(String producer, UUID incarnation, String stream) {
        Book book = new Book(books.size(), producer, incarnation, stream);
        books.add(book);
        return book;
    }

    List<Book> books() {
        return books;
    }

    /** Events offered with a sequence. */
    long events() {
        return events;
    }

    private static int check(String line) {
        CRC32C crc = new CRC32C();
        byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }
}
