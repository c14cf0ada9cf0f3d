using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers;

/// <summary>Something a pipeline's user wants kept with the records: where a sink has got to, say.</summary>
/// <param name="Key">Its name, unique within the pipeline.</param>
/// <param name="Value">What is to be remembered. Replaces what was noted under the key before.</param>
public sealed record Note(string Key, string Value);

static class NoteExtensions
{
    /// <summary>Returns a note that can be stored.</summary>
    /// <exception cref="ArgumentException">The message names what is wrong with the note, and what would be right.</exception>
    public static Note Validate(this Note? note)
    {
        ArgumentNullException.ThrowIfNull(note);
        if (note.Key is null) throw new ArgumentException("note.Key is null; it must name what is noted.", nameof(note));
        if (note.Key == OperatorHolds.NoteKey) throw new ArgumentException($"note.Key is '{note.Key}', which is kept for operators' holds; it must be another name.", nameof(note));
        if (note.Value is null) throw new ArgumentException($"note.Value of '{note.Key}' is null; it must be a text, which may be empty.", nameof(note));
        return note;
    }
}
