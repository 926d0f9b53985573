package dev.millrace.runners.feed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Knows how many bytes were read through it: how far a file is, compressed or not. */
final class CountingChannel implements ReadableByteChannel {
  private final ReadableByteChannel channel;
  private long count;

  CountingChannel(ReadableByteChannel channel) {
    this.channel = channel;
  }

  long count() {
    return count;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int read = channel.read(target);
    count += Math.max(0, read);
    return read;
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
