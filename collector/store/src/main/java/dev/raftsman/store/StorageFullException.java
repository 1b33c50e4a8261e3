package dev.raftsman.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** There is no space where something was to be written. Nothing that counts was changed; it may be tried again. */
public final class StorageFullException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Less than this free counts as full even where the system's message is in a language unknown here. */
    private static final long FULL_BELOW_BYTES = 4 << 20;

    StorageFullException(Path directory, IOException cause) {
        super(directory + ": " + cause.getMessage(), cause);
    }

    /** Whether a failure has no other reason than want of space. */
    public static boolean isBehind(IOException failure, Path directory) {
        return failure instanceof StorageFullException || explains(failure, directory);
    }

    /** Whether a failed write was one for want of space. Java gives the system's text only, not its number. */
    static boolean explains(IOException failure, Path directory) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("No space left on device") || message.contains("Disk quota exceeded")) {
            return true;
        }
        if (message.contains("Input/output error")) {
            return false;
        }
        try {
            return Files.getFileStore(directory).getUsableSpace() < FULL_BELOW_BYTES;
        } catch (IOException e) {
            failure.addSuppressed(e);
            return false;
        }
    }
}
