package dev.raftsman.simulation;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.store.ReplicatedState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Compares, once all has healed, what producers offered with what the segments of every node hold.
 *
 * <ul>
 *   <li>O1 every acknowledged event is readable from every node, as it was offered;
 *   <li>O2 no event twice;
 *   <li>O3 the events of a producer in their order, with holes only where a gap says so;
 *   <li>O4 the segments of all nodes are equal, and so are their tables;
 *   <li>O5 no event that nobody offered;
 *   <li>O6 offered = stored + declared, exactly.
 * </ul>
 */
final class Oracles implements AutoCloseable {
    /** One node as the oracles see it. */
    record Evidence(String node, Path directory, CatalogView view) {}

    private static final int MOST_COMPLAINTS = 40;

    private record Key(String producer, UUID incarnation, String stream) {}

    /** What one node has of one epoch. */
    private static final class Found {
        final Journal.Book book;
        final BitSet events = new BitSet();
        final BitSet gaps = new BitSet();
        long next;
        long lastLine = -1;
        long lost;

        Found(Journal.Book book) {
            this.book = book;
        }
    }

    private final Journal journal;
    private final BlockReader blocks = new BlockReader();
    private final List<String> complaints = new ArrayList<>();

    Oracles(Journal journal) {
        this.journal = journal;
    }

    /** @return what is wrong, each beginning with the oracle's name; empty if nothing is */
    List<String> judge(List<Evidence> nodes) throws IOException {
        Map<String, String> digests = new HashMap<>();
        for (Evidence node : nodes) {
            judge(node, digests);
        }
        for (Evidence node : nodes) {
            equalTables(nodes.get(0), node);
        }
        return complaints;
    }

    private void complain(String oracle, String what) {
        if (complaints.size() < MOST_COMPLAINTS
                || complaints.stream().noneMatch(each -> each.startsWith(oracle + ": "))) {
            complaints.add(oracle + ": " + what);
        }
    }

    private void judge(Evidence node, Map<String, String> digests) throws IOException {
        Map<Key, Found> found = new HashMap<>();
        journal.books()
                .forEach(book -> found.put(new Key(book.producer, book.incarnation, book.stream), new Found(book)));
        for (SegmentView segment : node.view().segments()) {
            Path file = ReplicatedState.fileOf(node.directory(), segment.id());
            try (SegmentReader reader = SegmentReader.openWithDigest(file)) {
                while (reader.next()) {
                    EpochInfo epoch = reader.epochInfo();
                    Found of = found.get(new Key(epoch.producer(), epoch.incarnation(), segment.stream()));
                    block(node.node() + " " + segment.id(), of, reader.block(), found);
                }
                String digest = reader.ending() + " " + reader.sha256();
                String other = digests.putIfAbsent(segment.id().toString(), digest);
                if (other != null && !other.equals(digest)) {
                    complain("O4", node.node() + " " + segment.id() + " is " + digest + "; another has " + other);
                }
                if (segment.state() == SegmentState.SEALED && !reader.sha256().equals(segment.sha256())) {
                    complain("O4", node.node() + " " + segment.id() + " is not what its own tables say");
                }
            } catch (IOException e) {
                complain("O1", node.node() + " " + segment.id() + ": " + e.getMessage());
            }
        }
        found.values().forEach(each -> judge(node, each));
    }

    private void block(String where, Found of, Block block, Map<Key, Found> all) throws IOException {
        if (of == null) {
            complain("O5", where + ": an epoch that nobody opened, " + block);
        } else {
            if (block.firstSequence() > of.next) {
                complain("O3", where + " " + of.book + ": a hole before " + block + "; expected " + of.next);
            } else if (block.firstSequence() < of.next) {
                complain("O2", where + " " + of.book + ": again " + block + "; expected " + of.next);
            }
            of.next = block.endSequence() + 1;
            of.lost += block.lostCount();
        }
        if (block.kind() == BlockKind.LINES) {
            blocks.forEachLine(block, (sequence, bytes, offset, length, terminated) -> {
                byte[] line = new byte[length];
                bytes.get(offset, line);
                line(where, sequence, new String(line, StandardCharsets.US_ASCII), of, all);
            });
        } else if (of != null) {
            for (long sequence = block.firstSequence(); sequence <= block.endSequence(); sequence++) {
                of.gaps.set((int) sequence);
                if (!of.book.mayBeGap(sequence)) {
                    complain("O6", where + " " + of.book + ": " + sequence + " is declared missing; it was offered");
                }
            }
        }
    }

    private void line(String where, long sequence, String line, Found of, Map<Key, Found> all) {
        String[] parts = line.split(" ", 3);
        int number = parts.length == 3 && parts[0].matches("[0-9]{1,6}") ? Integer.parseInt(parts[0]) : -1;
        long own = parts.length == 3 && parts[1].matches("[0-9]{1,9}") ? Long.parseLong(parts[1]) : -1;
        if (number < 0 || number >= journal.books().size()) {
            complain("O5", where + ": nobody offered '" + line + "'");
            return;
        }
        Journal.Book book = journal.books().get(number);
        if (!book.isEvent(own, line)) {
            complain("O5", where + " " + book + ": nobody offered '" + line + "'");
            return;
        }
        Found by = all.get(new Key(book.producer, book.incarnation, book.stream));
        if (by.events.get((int) own)) {
            complain("O2", where + " " + book + ": event " + own + " again");
        }
        if (own <= by.lastLine) {
            complain("O3", where + " " + book + ": event " + own + " after " + by.lastLine);
        }
        for (long between = by.lastLine + 1; between < own; between++) {
            if (!by.gaps.get((int) between)) {
                complain("O3", where + " " + book + ": event " + own + " after " + by.lastLine + ", no gap between");
                break;
            }
        }
        by.lastLine = own;
        by.events.set((int) own);
        if (by == of && own != sequence) {
            complain("O3", where + " " + book + ": event " + own + " stands under " + sequence);
        }
    }

    private void judge(Evidence node, Found found) {
        Journal.Book book = found.book;
        if (book.acknowledged() >= book.claimed()) {
            complain("O5", book + " was told of " + book.acknowledged() + ", it offered " + book.claimed());
        }
        for (long sequence = 0; sequence <= Math.min(book.acknowledged(), book.claimed() - 1); sequence++) {
            boolean there = found.events.get((int) sequence);
            if (!there && !(book.mayBeGap(sequence) && found.gaps.get((int) sequence))) {
                complain("O1", node.node() + " " + book + ": event " + sequence + " is acknowledged and not there");
            }
        }
        EpochView row = node.view().epochs().stream()
                .filter(each -> each.producer().equals(book.producer)
                        && each.incarnation().equals(book.incarnation))
                .findFirst()
                .orElse(null);
        if (row == null) {
            if (book.claimed() > 0) {
                complain("O6", node.node() + " " + book + ": no such epoch; offered " + book.claimed());
            }
            return;
        }
        long lostAtClose = row.lostEvents() - found.lost;
        long stored = found.events.cardinality() + found.gaps.cardinality() + found.lost + lostAtClose;
        if (stored != book.claimed() + book.lost()
                || row.events() != found.events.cardinality()
                || row.gapEvents() != found.gaps.cardinality()) {
            complain(
                    "O6",
                    node.node() + " " + book + ": offered " + book.claimed() + " and lost " + book.lost() + "; stored "
                            + found.events.cardinality() + ", gaps " + found.gaps.cardinality() + ", lost " + found.lost
                            + ", lost at the end " + lostAtClose + "; its tables say " + row);
        }
    }

    private void equalTables(Evidence one, Evidence other) {
        if (!one.view().epochs().equals(other.view().epochs())
                || !one.view().streams().equals(other.view().streams())
                || !one.view().segments().equals(other.view().segments())
                || one.view().stampMillis() != other.view().stampMillis()) {
            complain("O4", "the tables of " + one.node() + " and " + other.node() + " differ");
        }
    }

    @Override
    public void close() {
        blocks.close();
    }
}
