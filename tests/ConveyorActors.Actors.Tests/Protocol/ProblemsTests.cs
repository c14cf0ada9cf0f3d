using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Tests.Protocol;

/// <summary>An exception of a service is the same exception again where the service is used.</summary>
public sealed class ProblemsTests
{
    public static TheoryData<Exception> Expected =>
        [
            new ArgumentException("wrong", "stage"),
            new ArgumentNullException("stage"),
            new ArgumentOutOfRangeException("max", "max is 0; it must be from 1."),
            new WireLimitException("too large"),
            new OfferForgottenException("forgotten"),
            new StoreException("the journal cannot be opened"),
        ];

    [Theory]
    [MemberData(nameof(Expected))]
    public void An_exception_keeps_its_type_and_message_on_the_other_side(Exception thrown)
    {
        Assert.True(Problems.IsExpected(thrown));
        var again = Problems.ToException(Problems.FromException(thrown));
        Assert.Same(thrown.GetType(), again.GetType());
        if (thrown is not ArgumentNullException)
            Assert.Equal(thrown.Message, again.Message);
    }
}
