using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams;

/// <summary>The exception for a record that is larger than a limit can admit.</summary>
public sealed class RecordTooLargeException : InvalidOperationException
{
    /// <summary>Initializes an exception with the record, its size and the limits.</summary>
    public RecordTooLargeException(ConveyorRecord record, string stage, string source, PipelineSnapshot? limits)
        : base(
            $"Record '{ShortText.Create(record.Id)}' has {record.GetSize()} bytes, more than stage '{stage}' can admit of source '{source}'{DescribeLimits(stage, source, limits)}. "
                + "Make the record smaller, raise the limit (conveyor.wire.max-batch-bytes is one where the stage is on another node), or set SkipTooLarge to leave such records out."
        )
    {
        RecordId = record.Id;
        Size = record.GetSize();
    }

    /// <summary>Gets the record's id.</summary>
    public string RecordId { get; }

    /// <summary>Gets the record's size in bytes, as <see cref="ConveyorRecord.GetSize"/> returns it.</summary>
    public int Size { get; }

    static string DescribeLimits(string stage, string source, PipelineSnapshot? limits)
    {
        if (limits is null)
            return "";
        var atStage = limits.Stages.FirstOrDefault(s => s.Stage == stage)?.Level.LimitBytes;
        var atSource = limits.Sources.FirstOrDefault(s => s.Source == source)?.Level.LimitBytes;
        return $" (limits in bytes: pipeline {FormatBytes(limits.Total.LimitBytes)}, stage {FormatBytes(atStage)}, source {FormatBytes(atSource)})";
    }

    static string FormatBytes(long? bytes) => bytes is { } limit ? FormattableString.Invariant($"{limit}") : "none";
}
