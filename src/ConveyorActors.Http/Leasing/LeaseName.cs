using System.Buffers.Text;
using System.Globalization;
using System.Text;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Leasing;

/// <summary>
/// The id of a lease over HTTP: the lease's number in the buffers with its pipeline and stage. The server therefore
/// keeps no state for a lease, and a lease can be settled through another server of the same buffers.
/// </summary>
/// <param name="Id">The lease's number in the buffers.</param>
/// <param name="Pipeline">The lease's pipeline.</param>
/// <param name="Stage">The lease's stage.</param>
readonly record struct LeaseName(long Id, string Pipeline, string Stage)
{
    const int Max = 3_000;

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Id}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Pipeline))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Stage))}"
        );

    /// <exception cref="HttpProblem">The text is not the id of a lease.</exception>
    public static LeaseName Parse(string text)
    {
        if (
            text.Length <= Max
            && text.Split('.') is [var number, var pipeline, var stage]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && id > 0
            && DecodeName(pipeline) is { } ofPipeline
            && DecodeName(stage) is { } ofStage
        )
            return new(id, ofPipeline, ofStage);
        throw HttpProblem.CreateNotFound(
            $"leaseId is '{HttpProblem.Sanitize(text)}'; it must be the leaseId of a lease"
        );
    }

    static string? DecodeName(string encoded)
    {
        try
        {
            var name = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(encoded));
            return Names.Validate(name);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null;
        }
    }
}
