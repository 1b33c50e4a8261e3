package dev.raftsman.sidecar;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An application that writes lines to one file, and what rotates it: one step at a time, so that one thread moves many
 * of them. What a step does is random, what it means for each line is noted in the {@link TortureTruth}.
 */
final class TortureStream {
    /** More than this between two writes to a file whose successor may be read, and the order of the two is open. */
    private static final long LATE_NANOS = RotationTorture.IDLE_MILLIS * 1_000_000L / 2;

    private static final long PROOF_MOST_NANOS = 30_000_000_000L;
    private static final int NOTES = 40;

    final Path name;
    final TortureTruth truth;
    final Map<Path, TortureTruth.Generation> behind = new HashMap<>();
    final Random random;
    int rotations;

    private final Rotation rotation;
    private final Deque<Step> steps = new ArrayDeque<>();
    private final Deque<String> notes = new ArrayDeque<>();
    private FileChannel out;
    private TortureTruth.Generation writes;
    private byte[] rest;
    private long wroteNanos;
    private long busyNanos;
    private long rotateNanos;

    /** @return false if it is to be tried again later */
    interface Step {
        boolean run() throws IOException;
    }

    TortureStream(Path name, Rotation rotation, Random random) throws IOException {
        this.name = name;
        this.rotation = rotation;
        this.random = random;
        this.truth = new TortureTruth(name.getFileName().toString());
        this.writes = truth.current();
        rotation.create(this);
        scheduleRotation(System.nanoTime());
    }

    Rotation rotation() {
        return rotation;
    }

    void note(String what) {
        if (notes.size() == NOTES) {
            notes.remove();
        }
        notes.add(String.format("%.3f %s", System.nanoTime() / 1e9 % 1000, what));
    }

    List<String> notes() {
        return new ArrayList<>(notes);
    }

    void then(Step step) {
        steps.add(step);
    }

    /** Goes on when the step says so; that it never does is a fault. */
    void await(String what, Step holds) {
        long[] since = {0};
        then(() -> {
            long now = System.nanoTime();
            since[0] = since[0] == 0 ? now : since[0];
            if (now - since[0] > PROOF_MOST_NANOS) {
                truth.problem("not within 30 s: " + what);
                return true;
            }
            return holds.run();
        });
    }

    void pause(int mostMillis) {
        long[] until = {0};
        long nanos = random.nextInt(1 + mostMillis) * 1_000_000L;
        then(() -> {
            until[0] = until[0] == 0 ? System.nanoTime() + nanos : until[0];
            return System.nanoTime() - until[0] >= 0;
        });
    }

    private void scheduleRotation(long now) {
        rotateNanos = now + (200 + random.nextInt(1_300)) * 1_000_000L;
    }

    boolean isIdle() {
        return steps.isEmpty() && rest == null;
    }

    void step(long now) throws IOException {
        Step step = steps.peek();
        if (step != null) {
            if (step.run()) {
                steps.remove();
            }
        } else if (rest != null) {
            if (now - busyNanos >= 0) {
                finishLine();
            }
        } else if (now - busyNanos >= 0) {
            if (now - rotateNanos >= 0 && truth.current().written > 0 && isKnown()) {
                rotations++;
                rotation.rotate(this);
                then(() -> {
                    scheduleRotation(System.nanoTime());
                    return true;
                });
            } else {
                act(now);
            }
        }
    }

    /** What is renamed before the agent has seen the name is not the agent's. */
    boolean isKnown() {
        return !truth.generations.get(0).arrived.isEmpty();
    }

    private void act(long now) throws IOException {
        int pauseMillis = 40;
        switch (random.nextInt(20)) {
            case 0 -> write(500);
            case 1 -> writeLine(1_000 + random.nextInt(199_000));
            case 2, 3 -> {
                beginLine();
                pauseMillis = random.nextInt(4) == 0 ? 3 * RotationTorture.IDLE_MILLIS : 60;
            }
            case 4 -> pauseMillis = 800;
            default -> write(1 + random.nextInt(20));
        }
        busyNanos = now + random.nextInt(pauseMillis) * 1_000_000L;
    }

    void write(int lines) throws IOException {
        for (int i = 0; i < lines; i++) {
            writeLine(random.nextInt(200));
        }
    }

    private void writeLine(int padding) throws IOException {
        finishLine();
        put(nextLine(padding));
    }

    private byte[] nextLine(int padding) {
        byte[] bytes = new byte[padding];
        for (int i = 0; i < padding; i++) {
            bytes[i] = (byte) (' ' + random.nextInt(90));
        }
        int empty = random.nextInt(12) == 0 ? 1 + random.nextInt(3) : 0;
        byte[] line = writes.next(empty).encode(bytes);
        if (writes.destroyed && !writes.isHeld()) {
            writes.excuseTheRest();
        }
        return line;
    }

    private void put(byte[] bytes) throws IOException {
        put(out, bytes);
        wroteNanos = System.nanoTime();
    }

    private static void put(FileChannel file, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
    }

    /** Half of a line now, the rest when the pause is over, whatever happens to the file in between. */
    void beginLine() throws IOException {
        byte[] line = nextLine(100 + random.nextInt(3_000));
        int half = TortureLine.NAMED_BYTES + random.nextInt(line.length - TortureLine.NAMED_BYTES - 10);
        put(java.util.Arrays.copyOf(line, half));
        rest = java.util.Arrays.copyOfRange(line, half, line.length);
    }

    void finishLine() throws IOException {
        if (rest != null) {
            put(rest);
            rest = null;
        }
    }

    /** The writer opens the name, and so begins the next generation. */
    void reopen() throws IOException {
        finishLine();
        out.close();
        writes = truth.begin();
        open(name);
    }

    /** As {@link #reopen}, but the first lines of the next generation come before the last ones of this one. */
    void reopenAndStraggle(int lines) throws IOException {
        finishLine();
        FileChannel old = out;
        TortureTruth.Generation before = writes;
        long wroteBeforeNanos = wroteNanos;
        writes = truth.begin();
        open(name);
        write(lines);
        TortureTruth.Generation after = writes;
        writes = before;
        for (int i = 0; i < lines; i++) {
            byte[] line = nextLine(random.nextInt(100));
            if (System.nanoTime() - wroteBeforeNanos > LATE_NANOS) {
                before.late = true;
            }
            put(old, line);
            wroteBeforeNanos = System.nanoTime();
        }
        old.close();
        writes = after;
    }

    void open(Path path) throws IOException {
        out = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        behind.put(path, writes);
        wroteNanos = System.nanoTime();
    }

    /** The file was emptied under the writer, who goes on in it. */
    void emptied() {
        writes = truth.begin();
        behind.put(name, writes);
    }

    TortureTruth.Generation writes() {
        return writes;
    }

    Path beside(String suffix) {
        return name.resolveSibling(name.getFileName() + suffix);
    }

    void move(Path from, Path to) throws IOException {
        if (Files.exists(from)) {
            if (from.equals(name)) {
                note("mv " + from.getFileName() + " " + to.getFileName());
            }
            delete(to);
            Files.move(from, to);
            behind.put(to, behind.remove(from));
            wroteNanos = System.nanoTime();
        }
    }

    void delete(Path path) throws IOException {
        TortureTruth.Generation gone = behind.remove(path);
        if (gone != null) {
            note("rm " + path.getFileName() + ", generation " + gone.index + ", held " + gone.isHeld() + ", "
                    + gone.arrived.cardinality() + " of " + gone.written + " have come");
            gone.destroy();
            Files.delete(path);
        }
    }

    void end() throws IOException {
        out.close();
    }
}
