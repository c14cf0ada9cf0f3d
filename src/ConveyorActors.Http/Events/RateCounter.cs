using System.Text.Json;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http.Events;

/// <summary>Makes the rates of a pipeline and its stages of two snapshots.</summary>
sealed class RateCounter
{
    readonly Dictionary<string, LevelSnapshot> before = new(StringComparer.Ordinal);

    /// <summary>Writes the pipeline's numbers, and how much of each went by in a second since the last time.</summary>
    public void Write(Utf8JsonWriter json, PipelineSnapshot snapshot, DateTimeOffset now, TimeSpan since)
    {
        json.WriteString("pipeline", snapshot.Pipeline);
        json.WriteString("at", now);
        json.WriteString("state", snapshot.State);
        json.WriteBoolean("conserved", snapshot.IsConserved);
        json.WriteNumber("sources", snapshot.Sources.Count);
        json.WriteNumber("deadLetters", snapshot.Stages.Sum(s => (long)s.DeadLetters));
        json.WriteNumber("leases", snapshot.Stages.Sum(s => (long)s.Leases.Count));
        WriteLevel(json, "", snapshot.Total, since);
        json.WriteStartArray("stages");
        foreach (var stage in snapshot.Stages)
        {
            json.WriteStartObject();
            json.WriteString("stage", stage.Stage);
            json.WriteNumber("deadLetters", stage.DeadLetters);
            json.WriteNumber("leases", stage.Leases.Count);
            WriteLevel(json, "stage " + stage.Stage, stage.Level, since);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        var there = snapshot.Stages.Select(s => "stage " + s.Stage).Append("").ToHashSet(StringComparer.Ordinal);
        foreach (var gone in before.Keys.Where(k => !there.Contains(k)).ToArray())
            before.Remove(gone);
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
        var last = before.GetValueOrDefault(name);
        json.WriteNumber("acceptedPerSecond", Rate(last?.Accepted, level.Accepted, since));
        json.WriteNumber("refusedPerSecond", Rate(last?.Refused, level.Refused, since));
        json.WriteNumber("completedPerSecond", Rate(last?.Completed, level.Completed, since));
        before[name] = level;
    }

    static double Rate(long? before, long now, TimeSpan since) =>
        before is { } then && since > TimeSpan.Zero ? Math.Round(Math.Max(0, now - then) / since.TotalSeconds, 1) : 0;
}
