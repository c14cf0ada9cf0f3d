using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http.Wire;

/// <summary>Reads when a request is acknowledged.</summary>
static class AckReader
{
    public const string Parameter = "ack";

    public static readonly string[] Choices = ["buffered", "persisted"];

    /// <exception cref="HttpProblem">The value is wrong, or the buffers keep nothing on disk.</exception>
    public static AckLevel Read(HttpContext context, IBufferService service)
    {
        if (QueryReader.GetChoice(context, Parameter, Choices) == 0)
            return AckLevel.Buffered;
        return service.IsDurable
            ? AckLevel.Persisted
            : throw HttpProblem.CreateInvalid(Parameter, "persisted", "buffered: this server keeps nothing on disk");
    }
}
