package dev.raftsman.input;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What a name points to: the file itself, whatever it is called. */
record FileKey(long device, long inode) {

    /**
     * Follows symbolic links, as reading the file would.
     *
     * @return null if there is no regular file behind the name
     */
    static FileKey of(Path path) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(path, "unix:dev,ino,isRegularFile");
        if (!(Boolean) attributes.get("isRegularFile")) {
            return null;
        }
        return new FileKey(((Number) attributes.get("dev")).longValue(), ((Number) attributes.get("ino")).longValue());
    }
}
