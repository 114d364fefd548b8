package headwater.oracle;

import org.apache.flink.api.common.eventtime.*;
import org.apache.flink.api.connector.sink2.*;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.legacy.table.connector.source.SourceFunctionProvider;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.streaming.api.functions.source.legacy.RichSourceFunction;
import org.apache.flink.table.catalog.*;
import org.apache.flink.table.connector.*;
import org.apache.flink.table.connector.sink.*;
import org.apache.flink.table.connector.sink.abilities.*;
import org.apache.flink.table.connector.source.*;
import org.apache.flink.table.connector.source.abilities.*;
import org.apache.flink.table.connector.source.lookup.*;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.*;
import org.apache.flink.table.functions.*;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.*;
import org.apache.flink.util.clock.*;

import java.util.*;
import java.util.stream.*;

/** The connector 'test' of scripted SQL tests: sources fed by the script, sinks that record what reaches them. */
public class TestFactory implements DynamicTableSourceFactory, DynamicTableSinkFactory {
  /** Session option that names the run (the file) a table belongs to. */
  static final String RUN = "headwater.run";

  public String factoryIdentifier() { return "test"; }
  public Set<ConfigOption<?>> requiredOptions() { return Set.of(); }
  public Set<ConfigOption<?>> optionalOptions() { return Set.of(); }

  /** What source and sink both need to know about a table. */
  static final class Def {
    final String run, path;
    final Map<String, String> options;
    final List<Column> persisted;
    final DataType physical;
    final boolean keyed, watermarked;

    Def(Context c) {
      run = c.getConfiguration().toMap().get(RUN);
      path = c.getObjectIdentifier().getDatabaseName() + "." + c.getObjectIdentifier().getObjectName();
      ResolvedSchema s = c.getCatalogTable().getResolvedSchema();
      options = c.getCatalogTable().getOptions();
      persisted = s.getColumns().stream().filter(x -> !(x instanceof Column.ComputedColumn)).collect(Collectors.toList());
      physical = s.toPhysicalRowDataType();
      keyed = s.getPrimaryKey().isPresent();
      watermarked = !s.getWatermarkSpecs().isEmpty();
      if (keyed) tab().key = keyOf(s);
    }

    /** Positions of the key columns among the persisted ones. */
    static int[] keyOf(ResolvedSchema s) {
      List<String> names = s.getColumns().stream().filter(x -> !(x instanceof Column.ComputedColumn)).map(Column::getName).collect(Collectors.toList());
      return s.getPrimaryKey().map(k -> k.getColumns().stream().mapToInt(names::indexOf).toArray()).orElse(null);
    }

    Store.Tab tab() { return Store.tab(run, path); }

    boolean flag(String k) { return Boolean.parseBoolean(options.get(k)); }

    static String metadataKey(Column c) {
      Column.MetadataColumn m = (Column.MetadataColumn) c;
      return m.getMetadataKey().orElse(m.getName());
    }

    Map<String, DataType> metadata(boolean writable) {
      Map<String, DataType> m = new LinkedHashMap<>();
      for (Column c : persisted)
        if (c instanceof Column.MetadataColumn && !(writable && ((Column.MetadataColumn) c).isVirtual())) m.put(metadataKey(c), c.getDataType());
      return m;
    }

    /** Field i of what the planner sees comes from this position of a fed row; `keys` are the metadata it asked for. */
    int[] positions(List<String> keys, boolean writing) {
      List<Column> cs = writing ? persisted.stream().filter(c -> !(c instanceof Column.MetadataColumn) || !((Column.MetadataColumn) c).isVirtual()).collect(Collectors.toList()) : persisted;
      List<Integer> out = new ArrayList<>();
      for (int i = 0; i < cs.size(); i++) if (cs.get(i).isPhysical()) out.add(i);
      for (String k : keys)
        for (int i = 0; i < cs.size(); i++) if (cs.get(i) instanceof Column.MetadataColumn && metadataKey(cs.get(i)).equals(k)) { out.add(i); break; }
      return out.stream().mapToInt(x -> x).toArray();
    }

    /** `changelog.mode` of a table that statements pass data through. */
    String loopMode() {
      String m = options.get("changelog.mode");
      if (m == null) m = keyed ? "upsert" : Boolean.FALSE.equals(tab().insertOnly) ? "retract" : "append";
      return m;
    }
  }

  static ChangelogMode mode(String s, boolean keyOnlyDeletes) {
    ChangelogMode.Builder b = ChangelogMode.newBuilder();
    for (String x : s.split(",")) {
      switch (x.trim()) {
        case "I": b.addContainedKind(RowKind.INSERT); break;
        case "UB": b.addContainedKind(RowKind.UPDATE_BEFORE); break;
        case "UA": b.addContainedKind(RowKind.UPDATE_AFTER); break;
        case "D": b.addContainedKind(RowKind.DELETE); break;
        default: throw new IllegalArgumentException("`" + x + "` in a changelog mode: I, UB, UA, D are known");
      }
    }
    return b.keyOnlyDeletes(keyOnlyDeletes).build();
  }

  static ChangelogMode named(String m) {
    switch (m) {
      case "append": return ChangelogMode.insertOnly();
      case "upsert": return mode("I,UA,D", false);
      case "retract": return mode("I,UB,UA,D", false);
      default: throw new IllegalArgumentException("changelog.mode `" + m + "`: append, upsert, retract are known");
    }
  }

  public DynamicTableSource createDynamicTableSource(Context c) {
    Def d = new Def(c);
    boolean loop = d.tab().written && !d.options.containsKey("changelog-mode");
    ChangelogMode m = loop ? named(d.loopMode()) : mode(d.options.getOrDefault("changelog-mode", "I"), d.flag("source.produces-delete-by-key"));
    boolean batch = "BATCH".equalsIgnoreCase(c.getConfiguration().toMap().get("execution.runtime-mode"));
    if (batch) m = ChangelogMode.insertOnly();
    boolean bounded = d.flag("bounded") || batch;
    String lookup = d.options.getOrDefault("lookup", "sync");
    if (!Set.of("sync", "async", "off").contains(lookup)) throw new IllegalArgumentException("lookup `" + lookup + "`: sync, async, off are known");
    // A table with a watermark is joined as a versioned table unless it says how it is looked up.
    boolean scan = lookup.equals("off") || d.watermarked && !d.options.containsKey("lookup");
    return scan ? new Scan(d, m, bounded, batch) : new Both(d, m, bounded, batch, lookup.equals("async"));
  }

  public DynamicTableSink createDynamicTableSink(Context c) { return new Out(new Def(c)); }

  static class Scan implements ScanTableSource, SupportsReadingMetadata, SupportsWatermarkPushDown {
    final Def def;
    final ChangelogMode mode;
    final boolean bounded, batch;
    List<String> keys = List.of();
    DataType produced;
    WatermarkStrategy<RowData> watermarks;

    Scan(Def def, ChangelogMode mode, boolean bounded, boolean batch) {
      this.def = def; this.mode = mode; this.bounded = bounded; this.batch = batch; this.produced = def.physical;
    }

    Scan with(Scan o) { keys = o.keys; produced = o.produced; watermarks = o.watermarks; return this; }
    public DynamicTableSource copy() { return new Scan(def, mode, bounded, batch).with(this); }
    public ChangelogMode getChangelogMode() { return mode; }
    public String asSummaryString() { return "test"; }
    public Map<String, DataType> listReadableMetadata() { return def.metadata(false); }
    public void applyReadableMetadata(List<String> keys, DataType t) { this.keys = keys; this.produced = t; }
    public void applyWatermark(WatermarkStrategy<RowData> w) { watermarks = w; }

    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext ctx) {
      return SourceFunctionProvider.of(new Feed(def.run, def.path, def.positions(keys, false), ctx.createDataStructureConverter(produced), watermarks, batch), bounded, 1);
    }
  }

  static class Both extends Scan implements LookupTableSource {
    final boolean async;
    Both(Def def, ChangelogMode mode, boolean bounded, boolean batch, boolean async) { super(def, mode, bounded, batch); this.async = async; }
    public DynamicTableSource copy() { return new Both(def, mode, bounded, batch, async).with(this); }
    public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext ctx) {
      int[] keys = Arrays.stream(ctx.getKeys()).mapToInt(k -> k[0]).toArray();
      Lookup f = new Lookup(def.run, def.path, def.positions(this.keys, false), ctx.createDataStructureConverter(produced), keys);
      return async ? AsyncLookupFunctionProvider.of(new Later(f)) : LookupFunctionProvider.of(f);
    }
  }

  static Row pick(Row r, int[] positions) {
    Row p = new Row(r.getKind(), positions.length);
    for (int i = 0; i < positions.length; i++) p.setField(i, r.getField(positions[i]));
    return p;
  }

  /** Emits a table's log; after each row the declared watermark, as a source with punctuated watermarks would. */
  public static class Feed extends RichSourceFunction<RowData> {
    final String run, path;
    final int[] positions;
    final DynamicTableSource.DataStructureConverter converter;
    final WatermarkStrategy<RowData> watermarks;
    final boolean batch;
    final int start;
    volatile boolean running = true;

    Feed(String run, String path, int[] positions, DynamicTableSource.DataStructureConverter converter, WatermarkStrategy<RowData> watermarks, boolean batch) {
      this.run = run; this.path = path; this.positions = positions; this.converter = converter; this.watermarks = watermarks; this.batch = batch;
      this.start = Store.ALL.get(run).restoring ? Store.tab(run, path).origin : 0;
    }

    public void run(SourceContext<RowData> ctx) throws Exception {
      converter.open(RuntimeConverter.Context.create(getClass().getClassLoader()));
      Store.Tab tab = Store.tab(run, path);
      if (batch) {
        for (Row r : tab.folded()) ctx.collect((RowData) converter.toInternal(pick(r, positions)));
        return;
      }
      long[] last = {Long.MIN_VALUE};
      WatermarkOutput out = new WatermarkOutput() {
        public void emitWatermark(Watermark w) {
          if (w.getTimestamp() > last[0]) ctx.emitWatermark(new org.apache.flink.streaming.api.watermark.Watermark(last[0] = w.getTimestamp()));
        }
        public void markIdle() {}
        public void markActive() {}
      };
      WatermarkGenerator<RowData> gen = watermarks == null ? null : watermarks.createWatermarkGenerator(new GeneratorContext());
      Store.Reader reader = tab.open(run, start);
      Store.ALL.get(run).opened.merge(getRuntimeContext().getJobInfo().getJobId().toString(), 1, Integer::sum);
      try {
        while (running) {
          Store.Item i = tab.next(reader);
          if (i != null) {
            synchronized (ctx.getCheckpointLock()) {
              try {
                if (i.row == null) out.emitWatermark(new Watermark(i.watermark));
                else {
                  RowData r = (RowData) converter.toInternal(pick(i.row, positions));
                  r.setRowKind(i.row.getKind());
                  ctx.collect(r);
                  if (gen != null) { gen.onEvent(r, Long.MIN_VALUE, out); gen.onPeriodicEmit(out); }
                }
              } catch (Throwable t) {
                // Under the lock, so that no barrier passes before it is known.
                if (running) Store.FAILING.add(getRuntimeContext().getJobInfo().getJobId().toString());
                throw t;
              }
            }
            tab.done(reader);
          } else if (tab.finished(reader)) break;
        }
      } finally {
        tab.close(reader);
      }
    }

    public void cancel() { running = false; }
  }

  static final class GeneratorContext implements WatermarkGeneratorSupplier.Context {
    public MetricGroup getMetricGroup() { return new UnregisteredMetricsGroup(); }
    public RelativeClock getInputActivityClock() { return SystemClock.getInstance(); }
  }

  /** Finds rows of the table's content at the moment of the call. */
  public static class Lookup extends LookupFunction {
    final String run, path;
    final int[] positions, keys;
    final DynamicTableSource.DataStructureConverter converter;

    Lookup(String run, String path, int[] positions, DynamicTableSource.DataStructureConverter converter, int[] keys) {
      this.run = run; this.path = path; this.positions = positions; this.converter = converter; this.keys = keys;
    }

    public void open(FunctionContext c) { converter.open(RuntimeConverter.Context.create(getClass().getClassLoader())); }

    public Collection<RowData> lookup(RowData wanted) {
      List<RowData> out = new ArrayList<>();
      for (Row row : Store.tab(run, path).folded()) {
        RowData r = (RowData) converter.toInternal(pick(row, positions));
        boolean same = true;
        for (int i = 0; i < keys.length && same; i++) {
          Object a = field(r, keys[i]);
          same = a != null && a.equals(field(wanted, i));
        }
        if (same) out.add(r);
      }
      return out;
    }

    private static Object field(RowData r, int i) { return ((org.apache.flink.table.data.GenericRowData) r).getField(i); }
  }

  /** The same answers through the asynchronous interface. */
  public static class Later extends AsyncLookupFunction {
    final Lookup lookup;
    Later(Lookup lookup) { this.lookup = lookup; }
    public void open(FunctionContext c) { lookup.open(c); }
    public java.util.concurrent.CompletableFuture<Collection<RowData>> asyncLookup(RowData wanted) { return java.util.concurrent.CompletableFuture.completedFuture(lookup.lookup(wanted)); }
  }

  static final class Out implements DynamicTableSink, SupportsWritingMetadata, SupportsPartitioning, SupportsBucketing {
    final Def def;
    List<String> keys = List.of();
    DataType consumed;

    Out(Def def) { this.def = def; this.consumed = def.physical; }

    public ChangelogMode getChangelogMode(ChangelogMode requested) {
      Store.Tab tab = def.tab();
      tab.insertOnly = requested.containsOnly(RowKind.INSERT);
      String enforced = def.options.get("sink-changelog-mode-enforced");
      boolean byKey = def.flag("sink.supports-delete-by-key");
      if (enforced != null) return mode(enforced, byKey);
      String declared = def.options.get("changelog.mode");
      if (declared != null) return declared.equals("upsert") ? mode("I,UA,D", byKey) : named(declared);
      return def.keyed ? mode("I,UA,D", byKey) : requested;
    }

    public SinkRuntimeProvider getSinkRuntimeProvider(Context ctx) {
      int[] back = def.positions(keys, true), order = new int[back.length];
      for (int i = 0; i < back.length; i++) order[back[i]] = i;
      return SinkV2Provider.of(new Record(def.run, def.path, order, ctx.createDataStructureConverter(consumed)));
    }

    public Map<String, DataType> listWritableMetadata() { return def.metadata(true); }
    public void applyWritableMetadata(List<String> keys, DataType t) { this.keys = keys; this.consumed = t; }
    public void applyStaticPartition(Map<String, String> p) {}
    public Set<TableDistribution.Kind> listAlgorithms() { return EnumSet.allOf(TableDistribution.Kind.class); }
    public boolean requiresBucketCount() { return false; }
    public DynamicTableSink copy() { Out o = new Out(def); o.keys = keys; o.consumed = consumed; return o; }
    public String asSummaryString() { return "test"; }
  }

  /** Sink that records rows, persisted columns in declared order. */
  public static class Record implements Sink<RowData> {
    final String run, path;
    final int[] order;
    final DynamicTableSink.DataStructureConverter converter;

    Record(String run, String path, int[] order, DynamicTableSink.DataStructureConverter converter) {
      this.run = run; this.path = path; this.order = order; this.converter = converter;
    }

    public SinkWriter<RowData> createWriter(WriterInitContext c) {
      converter.open(RuntimeConverter.Context.create(getClass().getClassLoader()));
      Store.Tab tab = Store.tab(run, path);
      tab.writer(true);
      return new SinkWriter<RowData>() {
        boolean ended;
        public void write(RowData r, Context x) {
          Row row = (Row) converter.toExternal(r);
          row.setKind(r.getRowKind());
          tab.accept(pick(row, order));
        }
        public void flush(boolean end) { if (end && !ended) { ended = true; tab.writer(false); } }
        public void close() {}
      };
    }
  }
}
