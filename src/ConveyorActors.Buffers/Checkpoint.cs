using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers;

/// <summary>A key and value that a user stores with a pipeline's records, for example the position of a sink.</summary>
/// <param name="Key">The key, unique within the pipeline.</param>
/// <param name="Value">The value. Replaces the value stored under the key before.</param>
public sealed record Checkpoint(string Key, string Value);

static class CheckpointExtensions
{
    /// <summary>Checks that a checkpoint can be stored, and returns it.</summary>
    /// <exception cref="ArgumentException">
    /// The message names the fault of the checkpoint and the valid values.
    /// </exception>
    public static Checkpoint Validate(this Checkpoint? checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.Key is null)
            throw new ArgumentException(
                "checkpoint.Key is null; it must be the name of the checkpoint.",
                nameof(checkpoint)
            );
        if (checkpoint.Key == OperatorHolds.CheckpointKey)
            throw new ArgumentException(
                $"checkpoint.Key is '{checkpoint.Key}', which is kept for operators' holds; it must be another name.",
                nameof(checkpoint)
            );
        if (checkpoint.Value is null)
            throw new ArgumentException(
                $"checkpoint.Value of '{checkpoint.Key}' is null; it must be a string, which may be empty.",
                nameof(checkpoint)
            );
        return checkpoint;
    }
}
