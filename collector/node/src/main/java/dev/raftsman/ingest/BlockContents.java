package dev.raftsman.ingest;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.event.Loss;

/**
 * What is to be counted of a block once it is answered, when its bytes are gone.
 *
 * @param bytes of the block
 * @param events that it holds
 * @param gap sequences that it declares missing
 * @param lost events that it declares, which never had a sequence
 */
public record BlockContents(int bytes, int events, Loss gap, Loss lost) {
    static BlockContents of(Block block) {
        return block.kind() == BlockKind.GAP
                ? new BlockContents(block.length(), 0, new Loss(block.gapReason(), block.count()), Loss.NONE)
                : new BlockContents(block.length(), block.count(), Loss.NONE, block.loss());
    }
}
