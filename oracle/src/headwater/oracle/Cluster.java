package headwater.oracle;

import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.*;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionJobVertex;
import org.apache.flink.runtime.jobgraph.*;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.*;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.*;
import org.apache.flink.streaming.api.operators.SimpleUdfStreamOperatorFactory;

import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Stream;

/** One embedded Flink for all files of this JVM, and the environments that submit to it. */
final class Cluster {
  static final MiniCluster MINI = start();
  /** Set before a submission to restore from it; the submission clears it. */
  static final ThreadLocal<String> RESTORE = new ThreadLocal<>();

  private static final long PATIENCE_MS = 3000;

  private Cluster() {}

  private static MiniCluster start() {
    try {
      Configuration c = new Configuration();
      c.setString("rest.port", "0");
      c.setString("rest.bind-address", "127.0.0.1");
      c.setString("rest.address", "127.0.0.1");
      c.setString("taskmanager.memory.managed.size", "1g");
      c.setString("taskmanager.memory.network.min", "256m");
      c.setString("taskmanager.memory.network.max", "256m");
      c.setString("web.submit.enable", "false");
      c.setString("jobstore.max-capacity", "20");
      MiniCluster m = new MiniCluster(new MiniClusterConfiguration.Builder().setConfiguration(c).setNumTaskManagers(1).setNumSlotsPerTaskManager(64).build());
      m.start();
      return m;
    } catch (Exception e) {
      throw new IllegalStateException("the embedded Flink does not start", e);
    }
  }

  /** A submitted job. */
  static final class Job {
    final JobID id;
    /** Paths of the script's tables it reads, one per source task. */
    final List<String> feeds;
    /** Vertices that none of the script's tables feeds (VALUES and what follows), and whether they have delivered. */
    final Set<JobVertexID> unfed;
    boolean dirty = true, over, delivered;
    Job(JobID id, List<String> feeds, Set<JobVertexID> unfed) { this.id = id; this.feeds = feeds; this.unfed = unfed; delivered = unfed.isEmpty(); }

    /**
     * Waits until all that is not fed by the script is finished; what never is gets a few seconds. Finished sources are
     * not enough: a checkpoint starts at a task whose inputs have finished, ahead of rows that still lie in its channels.
     */
    void deliver() throws Exception {
      long patience = System.currentTimeMillis() + 5000;
      while (!delivered && System.currentTimeMillis() < patience && !status().isTerminalState()) {
        int finished = 0;
        for (AccessExecutionJobVertex v : MINI.getExecutionGraph(id).get().getVerticesTopologically())
          if (unfed.contains(v.getJobVertexId()) && v.getAggregateState() == ExecutionState.FINISHED) finished++;
        if (finished == unfed.size()) break;
        Thread.sleep(2);
      }
      delivered = true;
    }

    JobStatus status() throws Exception { return MINI.getJobStatus(id).get(); }

    /** The failure of a job that ended badly; null otherwise. Waits for the end. */
    Throwable result() throws Exception {
      JobResult r = MINI.requestJobResult(id).get();
      return r.getSerializedThrowable().map(t -> (Throwable) t.deserializeError(Cluster.class.getClassLoader())).orElse(null);
    }
  }

  /** An environment whose jobs run on MINI; every submission is told to `submitted`. */
  static StreamExecutionEnvironment environment(List<Job> submitted) { return environment(submitted, false); }

  static StreamExecutionEnvironment environment(List<Job> submitted, boolean rocks) {
    Configuration c = new Configuration();
    if (rocks) c.setString("state.backend.type", "rocksdb");
    c.setString("execution.target", "mini");
    c.setString("parallelism.default", "1");
    c.setString("pipeline.max-parallelism", "128");
    c.setString("restart-strategy.type", "none");
    c.setString("execution.attached", "true");
    c.setString("execution.checkpointing.timeout", PATIENCE_MS + " ms");
    c.setString("execution.checkpointing.tolerable-failed-checkpoints", "1000000");
    PipelineExecutor executor = (pipeline, conf, loader) -> {
      StreamGraph g = PipelineExecutorUtils.getStreamGraph(pipeline, conf);
      List<String> feeds = new ArrayList<>();
      for (StreamNode n : g.getStreamNodes())
        if (n.getOperatorFactory() instanceof SimpleUdfStreamOperatorFactory) {
          Object f = ((SimpleUdfStreamOperatorFactory<?>) n.getOperatorFactory()).getUserFunction();
          if (f instanceof TestFactory.Feed) feeds.add(((TestFactory.Feed) f).path);
        }
      JobGraph j = g.getJobGraph(Cluster.class.getClassLoader());
      if (RESTORE.get() != null) j.setSavepointRestoreSettings(SavepointRestoreSettings.forPath(RESTORE.get(), false));
      RESTORE.remove();
      submitted.add(new Job(j.getJobID(), feeds, unfed(j)));
      return MINI.submitJob(j).thenApply(r -> new MiniClusterJobClient(r.getJobID(), MINI, Cluster.class.getClassLoader(), MiniClusterJobClient.JobFinalizationBehavior.NOTHING));
    };
    PipelineExecutorFactory factory = new PipelineExecutorFactory() {
      public String getName() { return "mini"; }
      public boolean isCompatibleWith(Configuration c) { return true; }
      public PipelineExecutor getExecutor(Configuration c) { return executor; }
    };
    return new StreamExecutionEnvironment(new PipelineExecutorServiceLoader() {
      public PipelineExecutorFactory getExecutorFactory(Configuration c) { return factory; }
      public Stream<String> getExecutorNames() { return Stream.of("mini"); }
    }, c, Cluster.class.getClassLoader());
  }

  /** The vertices of a job behind none of the script's tables. */
  private static Set<JobVertexID> unfed(JobGraph g) {
    Set<JobVertexID> unfed = new HashSet<>();
    for (JobVertex v : g.getVerticesSortedTopologicallyFromSources()) {
      boolean behind = v.getInputs().stream().allMatch(e -> unfed.contains(e.getSource().getProducer().getID()));
      if (behind && !(v.getInputs().isEmpty() && isFeed(v))) unfed.add(v.getID());
    }
    return unfed;
  }

  private static boolean isFeed(JobVertex v) {
    Object f = new StreamConfig(v.getConfiguration()).getStreamOperatorFactory(Cluster.class.getClassLoader());
    return f instanceof SimpleUdfStreamOperatorFactory && ((SimpleUdfStreamOperatorFactory<?>) f).getUserFunction() instanceof TestFactory.Feed;
  }

  /** Every row fed so far has passed every operator of the job once this returns true; false when the job has ended. */
  static boolean barrier(Job j, long deadline) throws Exception {
    while (true) {
      JobStatus s = j.status();
      if (s.isTerminalState()) return false;
      if (s == JobStatus.RUNNING) {
        try {
          // The future of a checkpoint that meets a task just finishing may never complete: hence the short wait.
          MINI.triggerCheckpoint(j.id, CheckpointType.CONFIGURED).get(PATIENCE_MS, TimeUnit.MILLISECONDS);
          // A source that has just failed still lets one barrier pass before its task notices.
          if (!Store.FAILING.contains(j.id.toString())) return true;
        } catch (ExecutionException | TimeoutException e) {
          // Not all tasks run yet, or the job is just ending: ask again.
        }
      }
      if (System.currentTimeMillis() > deadline) throw new TimeoutException("job does not come to rest");
      Thread.sleep(1);
    }
  }

  static String savepoint(Job j, String dir) throws Exception {
    return MINI.triggerSavepoint(j.id, dir, false, SavepointFormatType.CANONICAL).get(30, TimeUnit.SECONDS);
  }

  static void cancel(Job j) {
    try {
      if (!j.status().isTerminalState()) MINI.cancelJob(j.id).get(10, TimeUnit.SECONDS);
      j.result();
    } catch (Exception e) {
      // It has ended by itself meanwhile.
    }
    j.over = true;
  }
}
