namespace ConveyorActors.Http.Records;

/// <summary>Splits a body into its records as it arrives.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
abstract class ItemSplitter
{
    /// <summary>
    /// Gets the number of the last item read, from 1: the line's number, or the item's position in the array.
    /// </summary>
    public long Number { get; protected set; }

    /// <summary>Gets the word for the unit of <see cref="Number"/>: line or item.</summary>
    public abstract string Word { get; }

    /// <summary>
    /// Takes the next item from the front of the unread bytes. Returns false when the item is not complete yet or there
    /// is none.
    /// </summary>
    /// <param name="bytes">The bytes that were received and not taken yet.</param>
    /// <param name="isEnd">Whether the body ends after <paramref name="bytes"/>.</param>
    /// <param name="item">The item's bytes.</param>
    /// <exception cref="BadItemException">The body does not have the declared format.</exception>
    public abstract bool TryTake(ReceivedBytes bytes, bool isEnd, out ReadOnlyMemory<byte> item);
}

/// <summary>The exception for a body that has too many bytes once it is decompressed.</summary>
sealed class BodyTooLargeException(string message) : Exception(message)
{
    /// <summary>Returns the exception for a body with more bytes than a server reads.</summary>
    public static BodyTooLargeException Create(long most) =>
        new($"the body has more than {most} bytes; it must have at most that many");

    /// <summary>Returns the exception for a body that takes too much memory to be accepted whole.</summary>
    /// <param name="most">The maximum of its bytes and those added for each record.</param>
    /// <param name="perRecord">The bytes added for each record.</param>
    public static BodyTooLargeException CreateForWhole(long most, int perRecord) =>
        new(
            $"the body takes more than {most} bytes, with {perRecord} for each record; to be accepted whole it must take at most that many"
        );
}

/// <summary>The exception for a line or item of a body that is not valid.</summary>
/// <param name="number">The number of the line or item.</param>
/// <param name="message">The reason why it is not valid.</param>
sealed class BadItemException(long number, string message) : Exception(message)
{
    public long Number => number;

    /// <summary>Gets whether the item is too large.</summary>
    public bool IsTooLarge { get; init; }
}
