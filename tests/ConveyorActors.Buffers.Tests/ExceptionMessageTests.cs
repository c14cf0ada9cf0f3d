using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Buffers.Tests;

/// <summary>The messages of exceptions whose classes are not of this project.</summary>
public class ExceptionMessageTests
{
    sealed class Silent : Exception
    {
        public override string Message => null!;
    }

    sealed class Broken : Exception
    {
        public override string Message => throw new InvalidOperationException("no resources");
    }

    public static TheoryData<Exception, string> Exceptions =>
        new()
        {
            { new FormatException("no number"), "no number" },
            { new Silent(), $"{typeof(ExceptionMessageTests)}+Silent" },
            { new Broken(), $"{typeof(ExceptionMessageTests)}+Broken" },
            { new FormatException(" "), "System.FormatException" },
            { new AggregateException(new Broken(), new Silent()), "System.AggregateException" },
        };

    [Theory, MemberData(nameof(Exceptions), DisableDiscoveryEnumeration = true)]
    public void An_exception_without_a_message_is_described_by_its_type(Exception exception, string expected)
    {
        Assert.Equal(expected, ExceptionMessage.Read(exception));
        Assert.Equal(expected, ExceptionLine.Format(exception));
    }
}
