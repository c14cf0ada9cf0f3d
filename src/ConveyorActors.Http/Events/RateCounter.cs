using System.Text.Json;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http.Events;

/// <summary>Computes the rates of a pipeline, its stages and its sources from two consecutive snapshots.</summary>
/// <param name="stageOrder">
/// The stages in the order in which records pass through them; empty: the order is not known.
/// </param>
sealed class RateCounter(IReadOnlyList<string> stageOrder)
{
    /// <summary>
    /// Maximum number of sources in one event: held sources first, then those that hold the most records. The list of
    /// sources has all of them.
    /// </summary>
    const int MaxSources = 24;

    readonly Dictionary<string, LevelSnapshot> before = new(StringComparer.Ordinal);

    /// <summary>Writes the pipeline's numbers and their rates per second since the previous call.</summary>
    public void Write(Utf8JsonWriter json, PipelineSnapshot snapshot, DateTimeOffset now, TimeSpan since)
    {
        json.WriteString("pipeline", snapshot.Pipeline);
        json.WriteString("at", now);
        json.WriteString("state", snapshot.State);
        json.WriteBoolean("conserved", snapshot.IsConserved);
        json.WriteNumber("sources", snapshot.Sources.Count);
        json.WriteNumber("held", snapshot.Sources.Count(s => s.Signal.IsHeld));
        json.WriteNumber("deadLetters", snapshot.Stages.Sum(s => (long)s.DeadLetters));
        json.WriteNumber("leases", snapshot.Stages.Sum(s => (long)s.Leases.Count));
        WriteFill(json, "threshold", snapshot.Settings?.BackpressureThreshold);
        WriteFill(json, "lowWatermark", snapshot.Settings?.LowWatermark);
        WriteLevel(json, "", snapshot.Total, since);
        json.WriteBoolean("ordered", stageOrder.Count > 0);
        json.WriteStartArray("stages");
        foreach (var stage in OrderStages(snapshot.Stages))
        {
            json.WriteStartObject();
            json.WriteString("stage", stage.Stage);
            json.WriteNumber("deadLetters", stage.DeadLetters);
            json.WriteNumber("leases", stage.Leases.Count);
            WriteLevel(json, "stage " + stage.Stage, stage.Level, since);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("topSources");
        foreach (var source in SelectTop(snapshot.Sources))
        {
            json.WriteStartObject();
            json.WriteString("source", source.Source);
            EventHub.WriteSignal(json, source.Signal);
            json.WriteNumber("credits", source.AvailableCredits);
            WriteLevel(json, "source " + source.Source, source.Level, since);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Remember(snapshot);
    }

    /// <summary>Returns the stages in the order in which records pass through them, as far as it is known.</summary>
    IEnumerable<StageSnapshot> OrderStages(IReadOnlyList<StageSnapshot> stages) =>
        stages.OrderBy(s =>
        {
            for (var i = 0; i < stageOrder.Count; i++)
                if (stageOrder[i] == s.Stage)
                    return i;
            return int.MaxValue;
        });

    static IEnumerable<SourceSnapshot> SelectTop(IReadOnlyList<SourceSnapshot> sources) =>
        sources
            .OrderByDescending(s => s.Signal.IsHeld)
            .ThenByDescending(s => s.Level.Used)
            .Take(MaxSources)
            // Sorted by name, so that a source keeps its place on a page while it is shown.
            .OrderBy(s => s.Source, StringComparer.Ordinal);

    void Remember(PipelineSnapshot snapshot)
    {
        before.Clear();
        before[""] = snapshot.Total;
        foreach (var stage in snapshot.Stages)
            before["stage " + stage.Stage] = stage.Level;
        foreach (var source in snapshot.Sources)
            before["source " + source.Source] = source.Level;
    }

    void WriteLevel(Utf8JsonWriter json, string name, LevelSnapshot level, TimeSpan since)
    {
        json.WriteNumber("buffered", level.Buffered);
        json.WriteNumber("inFlight", level.InFlight);
        json.WriteNumber("granted", level.Granted);
        json.WriteNumber("pending", level.Pending);
        json.WriteNumber("limit", level.Limit);
        json.WriteNumber("fill", level.Fill);
        json.WriteNumber("oldestSeconds", level.OldestAge.TotalSeconds);
        json.WriteNumber("meanWaitSeconds", level.MeanWait.TotalSeconds);
        json.WriteNumber("offered", level.Offered);
        json.WriteNumber("completed", level.Completed);
        json.WriteNumber("refused", level.Refused);
        json.WriteNumber("dropped", level.Dropped);
        json.WriteNumber("expired", level.Expired);
        json.WriteNumber("deadLettered", level.DeadLettered);
        var last = before.GetValueOrDefault(name);
        json.WriteNumber("acceptedPerSecond", ComputeRate(last?.Accepted, level.Accepted, since));
        json.WriteNumber("refusedPerSecond", ComputeRate(last?.Refused, level.Refused, since));
        json.WriteNumber("completedPerSecond", ComputeRate(last?.Completed, level.Completed, since));
    }

    static void WriteFill(Utf8JsonWriter json, string name, double? fill)
    {
        if (fill is { } known)
            json.WriteNumber(name, Math.Round(known, 6));
        else
            json.WriteNull(name);
    }

    static double ComputeRate(long? before, long now, TimeSpan since) =>
        before is { } then && since > TimeSpan.Zero ? Math.Round(Math.Max(0, now - then) / since.TotalSeconds, 1) : 0;
}
