package headwater.oracle;

import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

import java.util.*;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the tables of one file hold: the log every reader follows, the log every sink appends to, and the folded content.
 * Lives in statics because operators of the embedded cluster find it again by the run's id.
 */
final class Store {
  static final Map<String, Store> ALL = new ConcurrentHashMap<>();
  /** Jobs (by id) one of whose sources has met a failure: they end, if not at once. */
  static final Set<String> FAILING = ConcurrentHashMap.newKeySet();

  final String id;
  final Map<String, Tab> tabs = new ConcurrentHashMap<>();
  /** While statements are planned again for a restore: their sources go on where the checkpoint left them. */
  volatile boolean restoring;
  /** Sources that a job (by id) has opened so far. */
  final Map<String, Integer> opened = new ConcurrentHashMap<>();

  Store(String id) { this.id = id; ALL.put(id, this); }

  static Tab tab(String id, String path) { return ALL.get(id).tab(path); }

  Tab tab(String path) { return tabs.computeIfAbsent(path, Tab::new); }

  /** One thing a source hands on: a row or an explicit watermark (epoch milliseconds). */
  static final class Item {
    final Row row;
    final long watermark;
    Item(Row row, long watermark) { this.row = row; this.watermark = watermark; }
  }

  static final class Tab {
    final String path;
    /** Written by a statement of the file, so that readers follow what its sinks received. */
    volatile boolean written;
    /** Whether the last planned writer produced inserts only; null while nothing was planned. */
    volatile Boolean insertOnly;
    /** Positions of the key columns in a printed row; null without a primary key. */
    volatile int[] key;
    volatile boolean ended;
    int writersOpen, writersSeen;
    /** Where new readers start (moved by a restart), and where the content begins (moved by `replace`). */
    int origin, base;
    /** Rows printed by the last `changelog` block. */
    int shown;
    final List<Item> log = new ArrayList<>();
    final List<Row> sink = new ArrayList<>();
    final List<Reader> readers = new ArrayList<>();

    Tab(String path) { this.path = path; }

    synchronized void push(Item i) { log.add(i); notifyAll(); }

    synchronized void end() { ended = true; notifyAll(); }

    synchronized void accept(Row r) {
      sink.add(r);
      if (written) push(new Item(r, Long.MIN_VALUE));
    }

    synchronized void writer(boolean open) {
      if (open) { writersOpen++; writersSeen++; } else writersOpen--;
      notifyAll();
    }

    synchronized Reader open(String job, int start) {
      Reader r = new Reader(job);
      r.taken = r.emitted = start;
      readers.add(r);
      return r;
    }

    synchronized void close(Reader r) { readers.remove(r); notifyAll(); }

    /** The next item for a reader, or null after waiting a while. */
    synchronized Item next(Reader r) throws InterruptedException {
      if (r.taken >= log.size() && !ended) wait(200);
      return readers.contains(r) && r.taken < log.size() ? log.get(r.taken++) : null;
    }

    synchronized void done(Reader r) { r.emitted = r.taken; notifyAll(); }

    synchronized boolean finished(Reader r) { return ended && r.taken >= log.size(); }

    synchronized boolean pending() {
      for (Reader r : readers) if (r.emitted < log.size()) return true;
      return false;
    }

    synchronized int size() { return log.size(); }

    /** Rows that stand after applying everything written, or everything fed when nothing writes here. */
    synchronized List<Row> folded() {
      List<Row> rows = new ArrayList<>();
      if (written || !sink.isEmpty()) rows.addAll(sink);
      if (!written) for (Item i : log.subList(Math.min(base, log.size()), log.size())) if (i.row != null) rows.add(i.row);
      return fold(rows, key);
    }

    static List<Row> fold(List<Row> rows, int[] key) {
      if (key == null) {
        Map<Row, Integer> m = new LinkedHashMap<>();
        for (Row r : rows) {
          Row c = Row.copy(r);
          c.setKind(RowKind.INSERT);
          int d = r.getKind() == RowKind.DELETE || r.getKind() == RowKind.UPDATE_BEFORE ? -1 : 1;
          m.merge(c, d, Integer::sum);
          if (m.get(c) == 0) m.remove(c);
        }
        List<Row> out = new ArrayList<>();
        m.forEach((r, n) -> { for (int i = 0; i < n; i++) out.add(r); });
        return out;
      }
      Map<Row, Row> m = new LinkedHashMap<>();
      for (Row r : rows) {
        Row k = new Row(key.length);
        for (int i = 0; i < key.length; i++) k.setField(i, r.getField(key[i]));
        if (r.getKind() == RowKind.DELETE) m.remove(k);
        else if (r.getKind() != RowKind.UPDATE_BEFORE) {
          Row c = Row.copy(r);
          c.setKind(RowKind.INSERT);
          m.put(k, c);
        }
      }
      return new ArrayList<>(m.values());
    }
  }

  /** One source task's place in a table's log. */
  static final class Reader {
    final String job;
    int taken, emitted;
    Reader(String job) { this.job = job; }
  }
}
