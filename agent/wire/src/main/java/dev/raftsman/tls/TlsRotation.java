package dev.raftsman.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Takes up files that changed on disk, for connections to come. Files that cannot be used leave what was there before in
 * force. Certificate and key are replaced one after the other, so for a moment they may not belong together: it is said
 * only of files that were seen wrong and unchanged at two looks, {@link #LOOK_NANOS} apart. One thread, but for {@link
 * #status}.
 *
 * @param <C> what the owner makes of them
 */
public final class TlsRotation<C> {
    static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** What the owner makes of the files' content. */
    @FunctionalInterface
    public interface Recipe<C> {
        /** @throws IOException if the JDK takes none of it */
        C make(TlsMaterial material) throws IOException;
    }

    /** Told what happened to changed files. */
    public interface Listener {
        void takenUp(TlsMaterial material);

        /** Something is wrong with the new files, said once; what was there before stays in force. */
        void kept(String reason);
    }

    /** A file as far as a look tells; a null time: not there. */
    private record Stamp(FileTime modified, long bytes, Object key) {}

    private final TlsFiles files;
    private final Recipe<C> recipe;
    private final Listener listener;
    private C current;
    private volatile TlsStatus status;
    private List<Stamp> inForce;
    private List<Stamp> wrong = List.of();
    private long wrongSinceNanos;
    private boolean said;
    private long lookedNanos;

    private TlsRotation(TlsFiles files, Recipe<C> recipe, Listener listener, long nowNanos) throws IOException {
        this.files = files;
        this.recipe = recipe;
        this.listener = listener;
        this.lookedNanos = nowNanos;
        this.inForce = stamps();
        TlsMaterial material = TlsMaterial.load(files);
        this.current = recipe.make(material);
        this.status = TlsStatus.of(material);
        listener.takenUp(material);
    }

    /** @throws IOException if the files cannot be used; a {@link TlsFileException} names the one */
    public static <C> TlsRotation<C> open(TlsFiles files, Recipe<C> recipe, Listener listener, long nowNanos)
            throws IOException {
        return new TlsRotation<>(files, recipe, listener, nowNanos);
    }

    public C current() {
        return current;
    }

    /** Any thread. */
    public TlsStatus status() {
        return status;
    }

    /** Looks whether the files changed, every two seconds however often it is called. */
    public void step(long nowNanos) {
        if (nowNanos - lookedNanos >= LOOK_NANOS) {
            look(nowNanos);
        }
    }

    /** Looks whether the files changed. */
    public void look(long nowNanos) {
        lookedNanos = nowNanos;
        // Before they are read: what changes while they are is another stamp at the next look.
        List<Stamp> now = stamps();
        if (now.equals(inForce)) {
            wrong = List.of();
            status = status.usable();
            return;
        }
        try {
            TlsMaterial material = TlsMaterial.load(files);
            current = recipe.make(material);
            inForce = now;
            wrong = List.of();
            status = TlsStatus.of(material);
            listener.takenUp(material);
        } catch (IOException e) {
            if (!now.equals(wrong)) {
                wrong = now;
                wrongSinceNanos = nowNanos;
                said = false;
            } else if (!said && nowNanos - wrongSinceNanos >= LOOK_NANOS) {
                said = true;
                status = status.unusable();
                listener.kept(e.getMessage());
            }
        }
    }

    private List<Stamp> stamps() {
        List<Stamp> stamps = new ArrayList<>();
        for (Path path : files.paths()) {
            try {
                BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
                stamps.add(new Stamp(file.lastModifiedTime(), file.size(), file.fileKey()));
            } catch (IOException e) {
                stamps.add(new Stamp(null, 0, null));
            }
        }
        return stamps;
    }
}
