using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers;

/// <summary>Something a pipeline's user wants kept with the records: where a sink has got to, say.</summary>
/// <param name="Key">Its name, unique within the pipeline.</param>
/// <param name="Value">What is to be remembered. Replaces what was noted under the key before.</param>
public sealed record Checkpoint(string Key, string Value);

static class CheckpointExtensions
{
    /// <summary>Returns a checkpoint that can be stored.</summary>
    /// <exception cref="ArgumentException">
    /// The message names what is wrong with the checkpoint, and what would be right.
    /// </exception>
    public static Checkpoint Validate(this Checkpoint? checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.Key is null)
            throw new ArgumentException("checkpoint.Key is null; it must name what is noted.", nameof(checkpoint));
        if (checkpoint.Key == OperatorHolds.CheckpointKey)
            throw new ArgumentException(
                $"checkpoint.Key is '{checkpoint.Key}', which is kept for operators' holds; it must be another name.",
                nameof(checkpoint)
            );
        if (checkpoint.Value is null)
            throw new ArgumentException(
                $"checkpoint.Value of '{checkpoint.Key}' is null; it must be a text, which may be empty.",
                nameof(checkpoint)
            );
        return checkpoint;
    }
}
