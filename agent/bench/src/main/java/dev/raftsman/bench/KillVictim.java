package dev.raftsman.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Logs at a given rate until it is killed, and keeps in a mapped file how many calls have returned: what an application
 * believes to be logged.
 */
public final class KillVictim {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final String FILE = "returned";

    private KillVictim() {}

    /** How many calls have returned, read by whoever kills; before the file is there, none. */
    static long returned(Path directory) {
        try (FileChannel channel = FileChannel.open(directory.resolveSibling(FILE))) {
            ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            return channel.read(count, 0) == Long.BYTES ? count.getLong(0) : 0;
        } catch (java.io.IOException notYet) {
            return 0;
        }
    }

    public static void main(String[] args) throws Exception {
        Arguments arguments = Arguments.of(args, List.of("setup", "dir", "rate"));
        Path directory = Path.of(arguments.text("dir", null));
        Thread.currentThread().setName("worker-1");
        ByteBuffer page;
        try (FileChannel channel = FileChannel.open(
                directory.resolveSibling(FILE),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            page = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096).order(ByteOrder.LITTLE_ENDIAN);
        }
        long periodNanos = 1_000_000_000L / arguments.number("rate", 50_000);
        // Never closed: that is the point.
        Application application = Application.start(Setup.named(arguments.text("setup", null)), directory);
        long next = System.nanoTime();
        for (long number = 1; ; number++) {
            LONG.setRelease(page, 0, number); // number 0 was logged by start()
            while (System.nanoTime() - next < 0) {
                Thread.onSpinWait();
            }
            next += periodNanos;
            application.log(number);
        }
    }
}
