using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Validates a message to the buffer actors where the message is created: behind the buffer actors, an invalid message
/// would be among the records of other senders.
/// </summary>
static class EnqueueValidator
{
    public static T Validate<T>(
        T value,
        [CallerMemberName] string what = "",
        [CallerArgumentExpression(nameof(value))] string expression = ""
    )
        where T : class => value ?? throw CreateNullError<T>(expression == "value" ? what : expression);

    public static ReadOnlyMemory<ConveyorRecord> Validate(ReadOnlyMemory<ConveyorRecord> records)
    {
        foreach (ref readonly var record in records.Span)
            if (record is null)
                throw new ArgumentNullException(
                    "Records",
                    $"Records[{records.Span.IndexOf((ConveyorRecord)null!)}] is null; it must be a record."
                );
        return records;
    }

    static ArgumentNullException CreateNullError<T>(string what) =>
        new(what, $"{what} is null; it must be a {typeof(T).Name}.");
}
