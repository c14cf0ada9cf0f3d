namespace ConveyorActors.Buffers;

/// <summary>
/// Identifies an offer, so that an offer that is repeated because its reply was lost is accepted only once.
/// </summary>
/// <param name="Client">Identifies the client; not empty.</param>
/// <param name="Number">
/// The number of the offer, from 1: a client numbers its offers to a pipeline in increasing order.
/// </param>
public readonly record struct OfferId(Guid Client, long Number)
{
    /// <summary>
    /// Gets the lowest number of an offer whose result the client still waits for; the results of earlier offers need
    /// not be remembered. 0: not known.
    /// </summary>
    public long FirstOpen { get; init; }

    /// <summary>Gets whether the offer was made before and the client did not receive its result.</summary>
    public bool IsRepeat { get; init; }

    internal (Guid, long) Key => (Client, Number);

    /// <exception cref="ArgumentException">The client is empty, or the number is below 1.</exception>
    internal void Validate()
    {
        if (Client == Guid.Empty)
            throw new ArgumentException($"id.Client is {Client}; it must identify the client.", "id");
        if (Number < 1)
            throw new ArgumentException($"id.Number is {Number}; it must be at least 1.", "id");
    }
}

/// <summary>
/// The exception that is thrown when an offer was made before and the pipeline may have forgotten its result: it is
/// unknown whether the records were accepted then, and this call changed nothing.
/// </summary>
public sealed class OfferForgottenException : InvalidOperationException
{
    /// <summary>Initializes an exception.</summary>
    public OfferForgottenException(string message)
        : base(message) { }
}
