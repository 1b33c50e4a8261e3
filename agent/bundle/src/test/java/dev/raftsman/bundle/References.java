package dev.raftsman.bundle;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a class file names in its constant pool: classes, and methods of classes, in the form {@code a/b/C} and {@code
 * a/b/C.name(descriptor)}.
 */
record References(List<String> classes, List<String> methods) {
    private static final int UTF8 = 1;
    private static final int LONG = 5;
    private static final int DOUBLE = 6;
    private static final int CLASS = 7;
    private static final int METHOD = 10;
    private static final int INTERFACE_METHOD = 11;
    private static final int NAME_AND_TYPE = 12;

    static References of(byte[] classFile) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
        in.skipBytes(8); // magic, versions
        int count = in.readUnsignedShort();
        int[] tags = new int[count];
        int[] first = new int[count];
        int[] second = new int[count];
        String[] texts = new String[count];
        for (int i = 1; i < count; i++) {
            tags[i] = in.readUnsignedByte();
            switch (tags[i]) {
                case UTF8 -> texts[i] = in.readUTF();
                case LONG, DOUBLE -> in.skipBytes(8);
                case CLASS, 8, 16, 19, 20 -> first[i] = in.readUnsignedShort();
                case 15 -> in.skipBytes(3);
                case 3, 4 -> in.skipBytes(4);
                default -> {
                    first[i] = in.readUnsignedShort();
                    second[i] = in.readUnsignedShort();
                }
            }
            if (tags[i] == LONG || tags[i] == DOUBLE) {
                i++; // takes two places
            }
        }
        List<String> classes = new ArrayList<>();
        List<String> methods = new ArrayList<>();
        for (int i = 1; i < count; i++) {
            if (tags[i] == CLASS) {
                String name = texts[first[i]].replaceFirst("^\\[+L?(.*?);?$", "$1");
                if (name.length() > 1) { // else an array of primitives
                    classes.add(name);
                }
            } else if (tags[i] == METHOD || tags[i] == INTERFACE_METHOD) {
                int nameAndType = second[i];
                methods.add(texts[first[first[i]]] + "." + texts[first[nameAndType]] + texts[second[nameAndType]]);
            } else if (tags[i] == NAME_AND_TYPE) {
                continue; // reached through its method
            }
        }
        return new References(classes, methods);
    }
}
