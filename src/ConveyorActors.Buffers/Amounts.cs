using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

/// <summary>Validates arguments of calls: numbers of records and bytes, and objects that contain them.</summary>
static class Amounts
{
    /// <summary>Validates a number of records, from 1, and returns it.</summary>
    /// <param name="value">The number.</param>
    /// <param name="shown">Its name in the message.</param>
    /// <param name="parameter">The parameter that it is part of; null: the number is the parameter.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public static int ValidateRecords(int value, string shown, string? parameter = null) =>
        value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(
                parameter ?? shown,
                value,
                $"{shown} is {value}; it must be at least 1 record."
            );

    /// <summary>Validates a number of bytes: from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static void ValidateBytes(int value, string shown)
    {
        if (value < 0)
            throw new ArgumentOutOfRangeException(shown, value, $"{shown} is {value}; it must be at least 0 bytes.");
    }

    /// <summary>Validates a request for a lease.</summary>
    /// <param name="request">The request.</param>
    /// <param name="shown">Its name in the message.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number or a duration is out of its range.</exception>
    public static void Validate(in BatchRequest request, string shown = "request")
    {
        if (request.Max < 1)
            ValidateRecords(request.Max, $"{shown}.Max", shown);
        if (request.Timeout is { } timeout)
            Durations.ValidatePositive(timeout, $"{shown}.Timeout", shown);
    }

    /// <summary>Validates a request for credits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number or a duration is out of its range.</exception>
    public static void ValidateCredits(int records, TimeSpan timeToLive, int bytesPerRecord)
    {
        ValidateRecords(records, nameof(records));
        ValidateBytes(bytesPerRecord, nameof(bytesPerRecord));
        Durations.ValidatePositive(timeToLive, nameof(timeToLive));
    }

    /// <summary>Validates a grant that is given back.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="shown">Its name in the message.</param>
    /// <exception cref="ArgumentException">The grant is null, or names no stage or source.</exception>
    public static void Validate(CreditGrant? grant, string shown = "grant")
    {
        if (grant is null)
            throw new ArgumentNullException(shown, $"{shown} is null; it must be a grant that was given.");
        var missing =
            grant.StageId is null ? "stage"
            : grant.SourceId is null ? "source"
            : null;
        if (grant.Id != 0 && missing is not null)
            throw new ArgumentException($"{shown} has no {missing}; it must be a grant that was given.", shown);
    }
}
