using System.Buffers;

namespace ConveyorActors.Http.Records;

/// <summary>Cuts a body into its records as it comes in.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
abstract class ItemSplitter
{
    /// <summary>Gets the number of the last item read: the line's, or the item's in the array, from 1.</summary>
    public long Number { get; protected set; }

    /// <summary>Gets the word for what the number counts: a line or an item.</summary>
    public abstract string Word { get; }

    /// <summary>Returns the bytes of the item that is not complete yet.</summary>
    public abstract long Unfinished(in ReadOnlySequence<byte> rest);

    /// <summary>
    /// Takes the next item from the front of what was read; false when it is not complete yet, or there is none.
    /// </summary>
    /// <param name="rest">What was read and not taken yet.</param>
    /// <param name="isEnd">Whether nothing follows.</param>
    /// <param name="item">The item's bytes.</param>
    /// <exception cref="BadItemException">The body is not what it says.</exception>
    public abstract bool TryTake(ref ReadOnlySequence<byte> rest, bool isEnd, out ReadOnlySequence<byte> item);
}

/// <summary>What is wrong with a body, and where.</summary>
/// <param name="number">The number of the line or item.</param>
/// <param name="message">What is wrong with it.</param>
sealed class BadItemException(long number, string message) : Exception(message)
{
    public long Number => number;

    /// <summary>Gets whether the item is too large.</summary>
    public bool IsTooLarge { get; init; }
}
