using System.Text;
using ConveyorActors.Buffers;

namespace ConveyorActors.Cli.Demo;

/// <summary>Creates the demo's records and recognizes the poison record.</summary>
static class DemoRecords
{
    static readonly byte[] PoisonMark = "price=NaN"u8.ToArray();

    public static ConveyorRecord Create(string source, int number, bool isPoison)
    {
        var text = isPoison ? $"{source} {number} price=NaN" : $"{source} {number} price={number % 97}.50";
        return new($"{source}-{number}", Encoding.UTF8.GetBytes(text));
    }

    public static bool IsPoison(ConveyorRecord record) => record.Payload.Span.EndsWith(PoisonMark);
}
